//! The threads that run cleanup jobs, and the jobs that wait for them.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

pub(super) type Job = Box<dyn FnOnce() + Send>;

/// The state of the cleanup threads.
pub(super) struct Crew {
    jobs: VecDeque<Job>,
    /// The threads, each with the time since which it runs a job.
    workers: BTreeMap<u64, Option<Instant>>,
    next_id: u64,
    supervised: bool,
    given_up: bool,
}

/// What is missing for the waiting jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shortage {
    None,
    /// Another thread: all are busy.
    Thread,
    /// All threads hang, and there may be no more.
    Hopeless,
}

impl Crew {
    /// The number of threads, of which all but one stand in for others that hang.
    pub(super) const MOST: usize = 5;

    /// The time in one job after which other jobs no longer wait for a thread.
    const SLOW_AFTER: Duration = Duration::from_millis(20);

    const HANGS_AFTER: Duration = Duration::from_secs(5);

    pub(super) const fn new() -> Self {
        Self {
            jobs: VecDeque::new(),
            workers: BTreeMap::new(),
            next_id: 0,
            supervised: false,
            given_up: false,
        }
    }

    pub(super) fn push(&mut self, job: Job) {
        self.jobs.push_back(job);
    }

    /// Takes a job for a thread, which is busy from now on.
    pub(super) fn take(&mut self, worker: u64, now: Instant) -> Option<Job> {
        let job = self.jobs.pop_front()?;
        self.workers.insert(worker, Some(now));
        Some(job)
    }

    pub(super) fn mark_idle(&mut self, worker: u64) {
        self.workers.insert(worker, None);
        self.given_up = false;
    }

    /// Adds a thread that is about to start.
    pub(super) fn hire(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.workers.insert(id, None);
        id
    }

    pub(super) fn has_workers(&self) -> bool {
        !self.workers.is_empty()
    }

    pub(super) fn dismiss(&mut self, worker: u64) {
        self.workers.remove(&worker);
    }

    /// Whether an idle thread is not needed: one of them stays.
    pub(super) fn is_surplus(&self) -> bool {
        self.workers.values().filter(|busy| busy.is_none()).count() > 1
    }

    /// What is missing for the jobs that wait.
    pub(super) fn shortage(&self, now: Instant) -> Shortage {
        let all_busy_for = |least| {
            self.workers
                .values()
                .all(|busy| busy.is_some_and(|since| now.saturating_duration_since(since) >= least))
        };
        if self.workers.len() == Self::MOST && all_busy_for(Self::HANGS_AFTER) {
            Shortage::Hopeless
        } else if self.workers.len() < Self::MOST
            && !self.jobs.is_empty()
            && all_busy_for(Self::SLOW_AFTER)
        {
            Shortage::Thread
        } else {
            Shortage::None
        }
    }

    /// Marks the threads as supervised; returns false if they were already.
    pub(super) fn begin_supervision(&mut self) -> bool {
        !std::mem::replace(&mut self.supervised, true)
    }

    /// Marks the threads as unsupervised, whatever they do.
    pub(super) fn lose_supervision(&mut self) {
        self.supervised = false;
    }

    /// Ends the supervision unless a thread is busy or a job waits.
    pub(super) fn end_supervision(&mut self) -> bool {
        let idle = self.jobs.is_empty() && self.workers.values().all(Option::is_none);
        self.supervised = !idle;
        idle
    }

    /// Returns true the first time that all threads hang.
    pub(super) fn mark_given_up(&mut self) -> bool {
        !std::mem::replace(&mut self.given_up, true)
    }
}

#[cfg(test)]
#[path = "crew_tests.rs"]
mod tests;
