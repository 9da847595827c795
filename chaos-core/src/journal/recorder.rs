//! The recorder of events.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use super::memory::Memory;
use super::sink_queue::SinkQueue;
use super::{Event, JournalEntry, JournalSink};

/// Numbers events, keeps the latest, and passes each to the queue of every sink.
pub(crate) struct Journal {
    next: AtomicU64,
    memory: Memory,
    sinks: Box<[SinkQueue]>,
}

impl Journal {
    pub(crate) fn new(bound: usize, sinks: Vec<Arc<dyn JournalSink>>) -> Self {
        Self {
            next: AtomicU64::new(0),
            memory: Memory::bounded(bound),
            sinks: sinks.into_iter().map(SinkQueue::new).collect(),
        }
    }

    /// Records an event without waiting for any sink.
    pub(crate) fn record(&self, event: Event) {
        let entry = Arc::new(JournalEntry {
            number: self.next.fetch_add(1, Ordering::Relaxed),
            at: SystemTime::now(),
            event,
        });
        self.memory.keep(&entry);
        for sink in &self.sinks {
            sink.push(&entry);
        }
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
}
