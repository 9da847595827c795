//! The work on replies that a trial's runtime can't observe, on a driver's thread or in a server.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chaos_core::adapter::{Certainty, OutsideNote, OutsideWork};
use tokio::time::Instant;

/// The replies that are being worked on outside of one runtime.
#[derive(Debug, Default)]
pub(crate) struct OutsideWorkCount {
    certain: AtomicUsize,
    possible: AtomicUsize,
    /// The number of works that have begun so far.
    begun: AtomicUsize,
    /// The longest time that a call took while no virtual time passed, in microseconds.
    longest_call: AtomicU64,
    /// The real times at which the calls in progress began.
    calls: Mutex<Vec<std::time::Instant>>,
    /// The services of calls that ended without a reply after time had passed.
    unanswered: Mutex<Vec<Arc<str>>>,
}

/// Counts as work until it is dropped.
struct CountedWork {
    count: Arc<OutsideWorkCount>,
    certainty: Certainty,
}

/// A call that counts as possible work until it is dropped.
struct CountedCall {
    work: CountedWork,
    service: Arc<str>,
    started: Instant,
    started_in_real_time: std::time::Instant,
    is_answered: bool,
}

impl OutsideWorkCount {
    /// Counts work until the result is dropped.
    pub(crate) fn start(self: &Arc<Self>, certainty: Certainty) -> OutsideWork {
        OutsideWork::new(self.count(certainty))
    }

    /// Counts a call until the result is dropped.
    pub(crate) fn start_call(self: &Arc<Self>, service: &Arc<str>) -> OutsideWork {
        let started_in_real_time = std::time::Instant::now();
        lock(&self.calls).push(started_in_real_time);
        OutsideWork::new(CountedCall {
            work: self.count(Certainty::Possible),
            service: Arc::clone(service),
            started: Instant::now(),
            started_in_real_time,
            is_answered: false,
        })
    }

    fn count(self: &Arc<Self>, certainty: Certainty) -> CountedWork {
        self.counter(certainty).fetch_add(1, Ordering::AcqRel);
        self.begun.fetch_add(1, Ordering::AcqRel);
        CountedWork {
            count: Arc::clone(self),
            certainty,
        }
    }

    /// Returns whether work certainly goes on.
    pub(crate) fn is_certain(&self) -> bool {
        self.certain.load(Ordering::Acquire) > 0
    }

    /// Returns whether work may go on.
    pub(crate) fn is_possible(&self) -> bool {
        self.possible.load(Ordering::Acquire) > 0
    }

    /// Returns the number of works that have begun so far.
    pub(crate) fn begun(&self) -> usize {
        self.begun.load(Ordering::Acquire)
    }

    /// Returns the longest time that a call took while no virtual time passed.
    pub(crate) fn longest_call(&self) -> Duration {
        Duration::from_micros(self.longest_call.load(Ordering::Acquire))
    }

    /// Returns whether a call is in progress that began less than this real time ago.
    pub(crate) fn has_call_since(&self, time: Duration) -> bool {
        let calls = lock(&self.calls);
        calls.iter().any(|started| started.elapsed() < time)
    }

    /// Takes the services of calls that ended without a reply after time had passed.
    pub(crate) fn take_unanswered(&self) -> Vec<Arc<str>> {
        std::mem::take(&mut *lock(&self.unanswered))
    }

    fn counter(&self, certainty: Certainty) -> &AtomicUsize {
        match certainty {
            Certainty::Certain => &self.certain,
            Certainty::Possible => &self.possible,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl OutsideNote for CountedWork {}

impl OutsideNote for CountedCall {
    fn answered(&mut self) {
        self.is_answered = true;
        // A peer that waits for a timer of this runtime is not outside.
        if Instant::now() == self.started {
            let took = self.started_in_real_time.elapsed().as_micros();
            let took = u64::try_from(took).unwrap_or(u64::MAX);
            let longest = &self.work.count.longest_call;
            longest.fetch_max(took, Ordering::AcqRel);
        }
    }
}

impl Drop for CountedWork {
    fn drop(&mut self) {
        self.count
            .counter(self.certainty)
            .fetch_sub(1, Ordering::AcqRel);
    }
}

impl Drop for CountedCall {
    fn drop(&mut self) {
        let count = &self.work.count;
        let mut calls = lock(&count.calls);
        let own = |started: &std::time::Instant| *started == self.started_in_real_time;
        if let Some(at) = calls.iter().position(own) {
            calls.swap_remove(at);
        }
        if !self.is_answered && Instant::now() > self.started {
            lock(&count.unanswered).push(Arc::clone(&self.service));
        }
    }
}
