//! The guardian's threads: two that are free, so that one continues and recruits another when the other hangs or dies.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A thread of the guardian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MemberId(u64);

/// The threads that perform duties, each with the time since which it performs one.
#[derive(Debug)]
pub(super) struct Crew {
    members: BTreeMap<MemberId, Option<Instant>>,
    next_id: u64,
}

impl Crew {
    /// A duty takes microseconds; after this time its thread is no longer counted on.
    const SLOW_AFTER: Duration = Duration::from_millis(20);

    /// After this time, a thread counts as one that never returns; it can't be ended.
    const HANGS_AFTER: Duration = Duration::from_secs(1);

    /// The number of threads that are kept free.
    const FREE: usize = 2;

    /// The number of hung threads that are replaced.
    pub(super) const MOST_REPLACED: usize = 4;

    pub(super) const fn new() -> Self {
        Self {
            members: BTreeMap::new(),
            next_id: 0,
        }
    }

    /// Adds a thread that is about to start.
    pub(super) fn recruit(&mut self) -> MemberId {
        let id = MemberId(self.next_id);
        self.next_id += 1;
        self.members.insert(id, None);
        id
    }

    /// Removes a thread that has ended, or could not be started.
    pub(super) fn leave(&mut self, id: MemberId) {
        self.members.remove(&id);
    }

    /// Whether another thread is to be started.
    pub(super) fn needs_recruit(&self, now: Instant) -> bool {
        self.free(now).count() < Self::FREE && !self.is_full()
    }

    /// Whether no thread would perform a duty.
    pub(super) fn is_absent(&self, now: Instant) -> bool {
        self.free(now).next().is_none()
    }

    /// Whether all other threads are busy, so that only this one would notice if they hang.
    pub(super) fn is_last(&self, id: MemberId) -> bool {
        let mut others = self.members.iter().filter(|(member, _)| **member != id);
        others.all(|(_, busy)| busy.is_some())
    }

    /// Whether there may be no more threads.
    pub(super) fn is_full(&self) -> bool {
        self.members.len() >= Self::FREE + Self::MOST_REPLACED
    }

    /// Whether so many threads hang that the rest can't be trusted.
    pub(super) fn is_lost(&self, now: Instant) -> bool {
        let hung = |busy: &&Option<Instant>| is_busy_for(Self::HANGS_AFTER, busy, now);
        self.members.values().filter(hung).count() > Self::MOST_REPLACED
    }

    /// Whether an idle thread has to end: it was removed, or others that it stood in for have returned.
    pub(super) fn is_surplus(&self, id: MemberId) -> bool {
        let idle = self.members.iter().filter(|(_, busy)| busy.is_none());
        !idle.take(Self::FREE).any(|(member, _)| *member == id)
    }

    /// Whether this thread takes duties as soon as they are due; another one takes those that are late.
    pub(super) fn leads(&self, id: MemberId, now: Instant) -> bool {
        self.free(now).next() == Some(id)
    }

    pub(super) fn mark_busy(&mut self, id: MemberId, now: Instant) {
        self.members.insert(id, Some(now));
    }

    pub(super) fn mark_idle(&mut self, id: MemberId) {
        if let Some(busy) = self.members.get_mut(&id) {
            *busy = None;
        }
    }

    /// The next time at which a busy thread counts as slow or hung.
    pub(super) fn next_check(&self, now: Instant) -> Option<Instant> {
        let busy = self.members.values().filter_map(|busy| *busy);
        busy.flat_map(|since| [since + Self::SLOW_AFTER, since + Self::HANGS_AFTER])
            .filter(|at| *at > now)
            .min()
    }

    fn free(&self, now: Instant) -> impl Iterator<Item = MemberId> {
        let is_slow = move |busy| is_busy_for(Self::SLOW_AFTER, busy, now);
        let free = self.members.iter().filter(move |(_, busy)| !is_slow(busy));
        free.map(|(id, _)| *id)
    }

    #[cfg(test)]
    pub(super) fn members(&self) -> Vec<MemberId> {
        self.members.keys().copied().collect()
    }
}

fn is_busy_for(least: Duration, busy: &Option<Instant>, now: Instant) -> bool {
    busy.is_some_and(|since| now.saturating_duration_since(since) >= least)
}

#[cfg(test)]
#[path = "crew_tests.rs"]
mod tests;
