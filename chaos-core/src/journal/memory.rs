//! The latest entries, kept in memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::JournalEntry;

/// Keeps the latest entries, up to a bound.
pub(super) struct Memory {
    bound: usize,
    entries: Mutex<VecDeque<Arc<JournalEntry>>>,
}

impl Memory {
    pub(super) fn bounded(bound: usize) -> Self {
        Self {
            bound,
            entries: Mutex::default(),
        }
    }

    pub(super) fn keep(&self, entry: &Arc<JournalEntry>) {
        if self.bound == 0 {
            return;
        }
        let mut entries = self.lock();
        if entries.len() >= self.bound {
            entries.pop_front();
        }
        entries.push_back(Arc::clone(entry));
    }

    pub(super) fn entries(&self) -> Vec<JournalEntry> {
        let kept: Vec<_> = self.lock().iter().cloned().collect();
        let mut entries: Vec<_> = kept
            .iter()
            .map(|entry| JournalEntry::clone(entry))
            .collect();
        // Threads take their numbers in order, but may get here in another order.
        entries.sort_unstable_by_key(|entry| entry.number);
        entries
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Arc<JournalEntry>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
