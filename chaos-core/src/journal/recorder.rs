//! The recorder of events.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use super::memory::Memory;
use super::{Event, JournalEntry, JournalSink};
use crate::contain::contain;

/// Numbers events, keeps the latest, and passes each to every sink.
pub(crate) struct Journal {
    next: AtomicU64,
    memory: Memory,
    sinks: Vec<Arc<dyn JournalSink>>,
}

impl Journal {
    pub(crate) fn new(bound: usize, sinks: Vec<Arc<dyn JournalSink>>) -> Self {
        Self {
            next: AtomicU64::new(0),
            memory: Memory::bounded(bound),
            sinks,
        }
    }

    pub(crate) fn record(&self, event: Event) {
        let entry = JournalEntry {
            number: self.next.fetch_add(1, Ordering::Relaxed),
            at: SystemTime::now(),
            event,
        };
        self.memory.record(&entry);
        for sink in &self.sinks {
            guarded(|| sink.record(&entry));
        }
    }

    pub(crate) fn flush(&self) {
        for sink in &self.sinks {
            guarded(|| sink.flush());
        }
    }

    /// The latest entries, oldest first.
    pub(crate) fn entries(&self) -> Vec<JournalEntry> {
        self.memory.entries()
    }
}

/// Contains panics of sinks, so that they do not disturb the start or end of an experiment.
fn guarded(sink: impl FnOnce()) {
    if contain(sink).is_none() {
        // The subscriber may be what panicked.
        contain(|| tracing::error!("a journal sink panicked"));
    }
}
