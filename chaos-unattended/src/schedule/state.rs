//! The state of a schedule: what its events come to.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::passed::Mark;
use super::{Change, Reason, ScheduleEntry, ScheduleEvent};

/// The state of a schedule.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ScheduleState {
    /// The entries by name.
    pub entries: BTreeMap<String, EntryState>,
    /// The name and the due time of the run that goes on, or was killed.
    pub running: Option<(String, Timestamp)>,
    /// The latest due time that was started, by name; an entry that is added again runs none of them twice.
    started: BTreeMap<String, Timestamp>,
}

/// The state of an entry.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EntryState {
    /// The entry.
    pub entry: ScheduleEntry,
    /// The due time that waits, if one does.
    pub waiting: Option<Waiting>,
    /// The last run that ended, or the last due times that were missed.
    pub last: Option<ScheduleEvent>,
    pub(super) mark: Mark,
    /// The latest due time that was announced.
    pub(super) announced: Option<Timestamp>,
}

/// A due time that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waiting {
    /// The due time.
    pub due: Timestamp,
    /// The time since which it waits.
    pub since: Timestamp,
    /// What it waits for.
    pub why: Reason,
}

/// What adding an entry comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Addition {
    /// There was none of its name.
    New,
    /// It replaces one of its name.
    Replaces,
    /// The schedule has it already.
    Known,
}

impl EntryState {
    /// The first due time that was not considered yet.
    #[must_use]
    pub fn next(&self) -> Option<Timestamp> {
        self.mark.next()
    }
}

impl ScheduleState {
    pub(super) fn apply(&mut self, event: &ScheduleEvent) {
        let ScheduleEvent { at, name, change } = event;
        match change {
            Change::Added(entry) => {
                let considered = self.started.get(name).copied().unwrap_or(*at).max(*at);
                let state = EntryState {
                    mark: Mark::of(&entry.when, *at, considered),
                    entry: (**entry).clone(),
                    waiting: None,
                    last: None,
                    announced: None,
                };
                self.entries.insert(name.clone(), state);
            }
            Change::Removed => {
                self.entries.remove(name);
            }
            Change::Started { due } => {
                self.running = Some((name.clone(), *due));
                let started = self.started.entry(name.clone()).or_insert(*due);
                *started = (*started).max(*due);
            }
            Change::Ended { .. } => self.running = None,
            _ => {}
        }
        if let Some(state) = self.entries.get_mut(name) {
            state.apply(event);
        }
    }
}

impl EntryState {
    fn apply(&mut self, event: &ScheduleEvent) {
        let considered = match &event.change {
            Change::Waiting { due, .. } | Change::Started { due } => *due,
            Change::Missed { to, .. } => *to,
            Change::Upcoming { due } => {
                self.announced = Some(*due);
                return;
            }
            Change::Ended { .. } => {
                self.last = Some(event.clone());
                return;
            }
            Change::Added(_) | Change::Removed => return,
        };
        self.mark.consider(&self.entry.when, considered);
        let waited = self.waiting.take();
        match &event.change {
            Change::Waiting { due, why } => {
                let since = waited.filter(|waited| waited.due == *due);
                self.waiting = Some(Waiting {
                    due: *due,
                    since: since.map_or(event.at, |waited| waited.since),
                    why: why.clone(),
                });
            }
            Change::Missed { .. } => self.last = Some(event.clone()),
            _ => {}
        }
    }
}
