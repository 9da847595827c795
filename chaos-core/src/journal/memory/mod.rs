//! The latest entries, kept in memory.
//!
//! An operation that records an entry waits for no reader: readers read the rings, behind a lock that an operation only
//! tries. The lock that operations wait for guards the inbox, and is held for a few instructions.

mod inbox;
#[cfg(all(test, chaos_loom))]
mod models;
mod rings;
#[cfg(all(test, not(chaos_loom)))]
mod tests;

use std::sync::{Arc, PoisonError};
use std::time::SystemTime;

use inbox::Inbox;
use rings::Rings;

use super::{Event, JournalEntry, JournalPage, SafetyViolation};
use crate::status::Totals;
#[cfg(chaos_loom)]
use loom::sync::{Mutex, MutexGuard};
#[cfg(not(chaos_loom))]
use std::sync::{Mutex, MutexGuard};

/// Numbers entries and keeps the latest, injections apart from other events.
pub(super) struct Memory {
    inbox: Mutex<Inbox>,
    /// Locked before the inbox.
    rings: Mutex<Rings>,
}

/// A new entry.
pub(super) struct Added {
    pub(super) entry: Arc<JournalEntry>,
    /// Whether a reader waits for it.
    pub(super) awaited: bool,
}

impl Memory {
    /// Keeps up to `bound` injections.
    pub(super) fn bounded(bound: usize) -> Self {
        Self {
            inbox: Mutex::new(Inbox::for_injections(bound)),
            rings: Mutex::new(Rings::bounded(bound)),
        }
    }

    /// Adds an entry under the next number.
    pub(super) fn add(&self, event: Event) -> Added {
        let mut entry = Arc::new(JournalEntry {
            number: 0,
            at: SystemTime::now(),
            event,
        });
        let mut inbox = self.inbox();
        let awaited = inbox.add(&mut entry);
        let is_empty = inbox.is_empty();
        drop(inbox);
        // While a reader holds the rings, the entries are left to that reader or to a later entry.
        if !is_empty && let Ok(mut rings) = self.rings.try_lock() {
            self.empty_inbox_into(&mut rings);
        }
        Added { entry, awaited }
    }

    /// Counts that a safety limit had to step in.
    pub(super) fn count(&self, violation: SafetyViolation) {
        self.inbox().count_violation(violation);
    }

    /// All kept entries, oldest first.
    pub(super) fn entries(&self) -> Vec<JournalEntry> {
        let kept: Vec<_> = self.up_to_date().0.since(0).cloned().collect();
        // Outside the lock, as texts are copied here.
        kept.into_iter().map(Arc::unwrap_or_clone).collect()
    }

    /// The entries and gaps from a number on.
    pub(super) fn since(&self, number: u64) -> JournalPage {
        let (rings, next) = self.up_to_date();
        rings.page(number, next)
    }

    /// The number of the next entry.
    pub(super) fn next_number(&self) -> u64 {
        self.up_to_date().1
    }

    /// What has happened so far; losses of sinks are not counted here.
    pub(super) fn totals(&self) -> Totals {
        self.inbox().totals()
    }

    /// Whether there was an entry with this number; otherwise the next entry is awaited.
    pub(super) fn has_reached(&self, number: u64) -> bool {
        self.inbox().has_reached(number)
    }

    /// Marks the next entry as awaited.
    pub(super) fn await_next(&self) {
        self.inbox().await_next();
    }

    /// The rings with every entry so far, and the number of the next entry.
    fn up_to_date(&self) -> (MutexGuard<'_, Rings>, u64) {
        let mut rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        let next = self.empty_inbox_into(&mut rings);
        (rings, next)
    }

    fn empty_inbox_into(&self, rings: &mut Rings) -> u64 {
        let next = self.inbox().empty_into(&mut rings.arriving);
        rings.take_arriving();
        next
    }

    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
