//! The roster of duties.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use super::crew::Crew;
use super::duty::{Duty, Next};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DutyId(u64);

/// All duties, ordered by the time at which they are due, and the threads that perform them.
pub(super) struct Roster {
    pub(super) crew: Crew,
    /// The next attempt to start a thread, after one that failed.
    pub(super) recruit_from: Option<Instant>,
    pub(super) given_up: bool,
    next_id: u64,
    due: BTreeMap<(Instant, DutyId), Arc<dyn Duty>>,
    known: BTreeMap<DutyId, State>,
    untidied: VecDeque<Arc<dyn Duty>>,
}

/// What is to be done with a duty.
pub(super) enum Work {
    Perform(DutyId, Arc<dyn Duty>),
    Tidy(Arc<dyn Duty>),
}

enum State {
    DueAt(Instant),
    Performing(Arc<dyn Duty>),
}

impl Roster {
    pub(super) const fn new() -> Self {
        Self {
            crew: Crew::new(),
            recruit_from: None,
            given_up: false,
            next_id: 0,
            due: BTreeMap::new(),
            known: BTreeMap::new(),
            untidied: VecDeque::new(),
        }
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

    /// Takes the first due duty; `put_back` returns it to the roster.
    fn take_due(&mut self, now: Instant) -> Option<(DutyId, Arc<dyn Duty>)> {
        let entry = self.due.first_entry()?;
        let (at, id) = *entry.key();
        if at > now {
            return None;
        }
        let duty = entry.remove();
        self.known.insert(id, State::Performing(Arc::clone(&duty)));
        Some((id, duty))
    }

    /// Puts a performed duty back, unless it was removed in the meantime; one that is never due again is tidied up.
    pub(super) fn put_back(&mut self, id: DutyId, next: Next) {
        let Some(State::Performing(duty)) = self.known.remove(&id) else {
            return;
        };
        match next {
            Next::At(at) => {
                self.due.insert((at, id), duty);
                self.known.insert(id, State::DueAt(at));
            }
            Next::Never => self.untidied.push_back(duty),
        }
    }

    /// Takes the first due duty, or else one to tidy up after: that must not delay other duties.
    pub(super) fn take_work(&mut self, now: Instant) -> Option<Work> {
        if let Some((id, duty)) = self.take_due(now) {
            return Some(Work::Perform(id, duty));
        }
        self.untidied.pop_front().map(Work::Tidy)
    }

    /// Whether a duty is due or to be tidied up after.
    pub(super) fn has_work(&self, now: Instant) -> bool {
        !self.untidied.is_empty() || self.earliest().is_some_and(|at| at <= now)
    }

    /// All duties, due or being performed.
    pub(super) fn all(&self) -> Vec<Arc<dyn Duty>> {
        let performing = self.known.values().filter_map(|state| match state {
            State::DueAt(_) => None,
            State::Performing(duty) => Some(duty),
        });
        self.due.values().chain(performing).cloned().collect()
    }

    pub(super) fn earliest(&self) -> Option<Instant> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }
}

#[cfg(test)]
#[path = "roster_tests.rs"]
mod tests;
