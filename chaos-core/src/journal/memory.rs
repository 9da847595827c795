//! The latest entries, kept in memory.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::{JournalEntry, JournalSink};

/// Keeps the latest entries, up to a bound.
pub(crate) struct Memory {
    bound: usize,
    entries: Mutex<VecDeque<JournalEntry>>,
}

impl Memory {
    pub(crate) fn bounded(bound: usize) -> Self {
        Self {
            bound,
            entries: Mutex::default(),
        }
    }

    pub(crate) fn entries(&self) -> Vec<JournalEntry> {
        let mut entries: Vec<_> = self.lock().iter().cloned().collect();
        // Threads take their numbers in order, but may get here in another order.
        entries.sort_unstable_by_key(|entry| entry.number);
        entries
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<JournalEntry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl JournalSink for Memory {
    fn record(&self, entry: &JournalEntry) {
        let entry = entry.clone();
        let mut entries = self.lock();
        if entries.len() >= self.bound {
            entries.pop_front();
        }
        if self.bound > 0 {
            entries.push_back(entry);
        }
    }
}
