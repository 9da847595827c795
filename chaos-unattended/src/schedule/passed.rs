//! Which due times have passed: a pure function of the state of an entry and the time.

use jiff::{SignedDuration, Timestamp};

use super::{Change, EntryState, Reason, When};

/// The number of due times that are counted one by one.
pub(super) const MOST: u64 = 10_000;

/// How far the due times of an entry were considered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    added: Timestamp,
    considered: Timestamp,
    next: Option<Timestamp>,
}

/// The due times that have passed since they were considered last.
struct Passed {
    first: Timestamp,
    /// The one before the latest.
    before: Option<Timestamp>,
    latest: Timestamp,
    count: u64,
}

impl Mark {
    pub(super) fn of(when: &When, added: Timestamp, considered: Timestamp) -> Self {
        let next = when.next_after(considered, added);
        Self {
            added,
            considered,
            next,
        }
    }

    pub(super) fn next(&self) -> Option<Timestamp> {
        self.next
    }

    /// Considers all due times up to one.
    pub(super) fn consider(&mut self, when: &When, due: Timestamp) {
        if due > self.considered {
            *self = Self::of(when, self.added, due);
        }
    }

    fn passed(&self, when: &When, now: Timestamp) -> Option<Passed> {
        let first = self.next.filter(|next| *next <= now)?;
        let mut passed = Passed {
            first,
            before: None,
            latest: first,
            count: 1,
        };
        let mut from = first;
        while let Some(next) = when
            .next_after(from, self.added)
            .filter(|next| *next <= now)
        {
            passed.before = Some(passed.latest);
            passed.latest = next;
            passed.count += 1;
            from = next;
            if passed.count == MOST {
                // A clock that is years ahead must not hold up the schedule.
                from = from.max(now - SignedDuration::from_hours(48));
            }
        }
        Some(passed)
    }
}

impl EntryState {
    /// What has to be stated before anything starts: the due times that are not run any more, and one that is near.
    ///
    /// `unseen` is why no scheduler saw those that have passed but the latest.
    pub(super) fn to_state(&self, now: Timestamp, unseen: &Reason) -> Vec<Change> {
        let mut changes = Vec::new();
        let entry = &self.entry;
        let passed = self.mark.passed(&entry.when, now);
        if let Some(waiting) = &self.waiting {
            let is_over = is_longer(now, waiting.since, entry.wait_at_most.0);
            // The next due time takes its place.
            if is_over || passed.is_some() {
                changes.push(missed(waiting.due, waiting.due, 1, waiting.why.clone()));
            }
        }
        let mut next = self.mark.next;
        if let Some(passed) = passed {
            let is_late = is_longer(now, passed.latest, entry.start_within.0);
            let (to, count) = match is_late {
                true => (Some(passed.latest), passed.count),
                false => (passed.before, passed.count - 1),
            };
            changes.extend(to.map(|to| missed(passed.first, to, count, unseen.clone())));
            next = entry.when.next_after(passed.latest, self.mark.added);
        }
        if let (Some(notice), Some(due)) = (entry.notice, next)
            && !is_longer(due, now, notice.0)
            && self.announced.is_none_or(|announced| announced < due)
        {
            changes.push(Change::Upcoming { due });
        }
        changes
    }

    /// What has to be stated before the entry is removed.
    pub(super) fn to_state_at_end(&self, now: Timestamp) -> Vec<Change> {
        let mut changes = Vec::new();
        if let Some(waiting) = &self.waiting {
            changes.push(missed(waiting.due, waiting.due, 1, Reason::Removed));
        }
        let passed = self.mark.passed(&self.entry.when, now);
        let removed = |one: Passed| missed(one.first, one.latest, one.count, Reason::Removed);
        changes.extend(passed.map(removed));
        changes
    }

    /// The due time that can start now, once everything is stated.
    pub(super) fn due(&self, now: Timestamp) -> Option<Timestamp> {
        let waiting = self.waiting.as_ref().map(|waiting| waiting.due);
        waiting.or(self.mark.next.filter(|next| *next <= now))
    }
}

fn missed(from: Timestamp, to: Timestamp, count: u64, why: Reason) -> Change {
    Change::Missed {
        from,
        to,
        count,
        why,
    }
}

/// Whether the time from one point to another is longer than a limit.
fn is_longer(to: Timestamp, from: Timestamp, limit: std::time::Duration) -> bool {
    let passed = to.duration_since(from);
    SignedDuration::try_from(limit).is_ok_and(|limit| passed > limit)
}
