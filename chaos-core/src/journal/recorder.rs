//! The recorder of events.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::feed::Feed;
use super::memory::{Added, Memory};
use super::sink_queue::SinkQueue;
use super::{Event, JournalEntry, JournalPage, JournalSink, SafetyViolation};
use crate::metrics;
use crate::status::Totals;

/// Numbers events, keeps the latest, and passes each to the queue of every sink.
pub(crate) struct Journal {
    memory: Memory,
    feed: Feed,
    sinks: Box<[SinkQueue]>,
}

impl Journal {
    pub(crate) fn new(bound: usize, sinks: Vec<Arc<dyn JournalSink>>) -> Self {
        Self {
            memory: Memory::bounded(bound),
            feed: Feed::default(),
            sinks: sinks.into_iter().map(SinkQueue::new).collect(),
        }
    }

    /// Records an event without waiting for any sink or reader.
    pub(crate) fn record(&self, event: Event) {
        if let Some(violation) = SafetyViolation::of(&event) {
            self.count(violation);
        }
        let Added { entry, awaited } = self.memory.add(event);
        if awaited && self.feed.wake().is_err() {
            // The next entry tries again.
            self.memory.await_next();
        }
        for sink in &self.sinks {
            sink.push(&entry);
        }
    }

    /// Counts that a safety limit had to step in.
    pub(crate) fn count(&self, violation: SafetyViolation) {
        self.memory.count(violation);
        metrics::later(move || metrics::violation(violation));
    }

    /// Has all sinks store their entries; returns false if that took too long.
    pub(crate) fn flush(&self, at_most: Duration) -> bool {
        let start = Instant::now();
        let mut all = true;
        // All begin before the first wait: a sink that hangs must not use up the time of the others.
        let flushes: Vec<_> = self.sinks.iter().map(SinkQueue::begin_flush).collect();
        for (sink, flush) in self.sinks.iter().zip(flushes) {
            all &= sink.wait(flush, at_most.saturating_sub(start.elapsed()));
        }
        all
    }

    /// Returns once all sinks have taken, and stored, all entries so far.
    pub(crate) async fn flushed(&self) {
        for sink in &self.sinks {
            sink.flushed().await;
        }
    }

    /// The latest entries, oldest first.
    pub(crate) fn entries(&self) -> Vec<JournalEntry> {
        self.memory.entries()
    }

    /// The number of the next entry.
    pub(crate) fn next_number(&self) -> u64 {
        self.memory.next_number()
    }

    /// What has happened so far.
    pub(crate) fn totals(&self) -> Totals {
        Totals {
            lost: self.sinks.iter().map(SinkQueue::lost).sum(),
            ..self.memory.totals()
        }
    }

    /// The entries and gaps from a number on.
    pub(crate) fn since(&self, number: u64) -> JournalPage {
        self.memory.since(number)
    }

    /// Returns once there is, or was, an entry with this number.
    pub(crate) async fn reached(&self, number: u64) {
        // A later entry tries again, so nothing is lost without the thread.
        let _ = self.feed.prepare();
        let reached = || self.memory.has_reached(number);
        self.feed.wait_until(reached).await;
    }
}
