//! The roster of duties.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use super::duty::{Duty, Next};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DutyId(u64);

/// All duties, ordered by the time at which they are due.
pub(super) struct Roster {
    thread: Thread,
    next_id: u64,
    due: BTreeMap<(Instant, DutyId), Arc<dyn Duty>>,
    known: BTreeMap<DutyId, State>,
}

enum State {
    DueAt(Instant),
    Performing(Arc<dyn Duty>),
}

#[derive(PartialEq)]
enum Thread {
    Missing,
    Started,
}

impl Roster {
    pub(super) const fn new() -> Self {
        Self {
            thread: Thread::Missing,
            next_id: 0,
            due: BTreeMap::new(),
            known: BTreeMap::new(),
        }
    }

    pub(super) fn needs_thread(&self) -> bool {
        self.thread == Thread::Missing
    }

    pub(super) fn mark_thread_started(&mut self) {
        self.thread = Thread::Started;
    }

    pub(super) fn add(&mut self, first: Instant, duty: Arc<dyn Duty>) -> DutyId {
        let id = DutyId(self.next_id);
        self.next_id += 1;
        self.due.insert((first, id), duty);
        self.known.insert(id, State::DueAt(first));
        id
    }

    pub(super) fn remove(&mut self, id: DutyId) -> Option<Arc<dyn Duty>> {
        match self.known.remove(&id)? {
            State::DueAt(at) => self.due.remove(&(at, id)),
            State::Performing(duty) => Some(duty),
        }
    }

    /// Takes all due duties in order; `put_back` returns each to the roster.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<(DutyId, Arc<dyn Duty>)> {
        let mut taken = Vec::new();
        while let Some(entry) = self.due.first_entry() {
            let (at, id) = *entry.key();
            if at > now {
                break;
            }
            let duty = entry.remove();
            self.known.insert(id, State::Performing(Arc::clone(&duty)));
            taken.push((id, duty));
        }
        taken
    }

    /// Puts a performed duty back, unless it was removed in the meantime.
    pub(super) fn put_back(&mut self, id: DutyId, next: Next) {
        let Some(State::Performing(duty)) = self.known.remove(&id) else {
            return;
        };
        if let Next::At(at) = next {
            self.due.insert((at, id), duty);
            self.known.insert(id, State::DueAt(at));
        }
    }

    pub(super) fn earliest(&self) -> Option<Instant> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }
}

#[cfg(test)]
#[path = "roster_tests.rs"]
mod tests;
