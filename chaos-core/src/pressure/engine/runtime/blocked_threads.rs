//! Counts blocked threads, and for how long they were blocked in total.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Counts blocked threads, and for how long they were blocked in total.
pub(super) struct BlockedThreads(Mutex<Tally>);

#[derive(Clone, Copy)]
pub(super) struct Tally {
    pub(super) blocked: u32,
    requested: u32,
    /// The blocked time of all threads together.
    pub(super) time: Duration,
    /// When all requested threads were last blocked at once.
    pub(super) all_blocked_at: Option<Instant>,
    updated: Instant,
}

impl BlockedThreads {
    pub(super) fn none_of(requested: u32) -> Self {
        Self(Mutex::new(Tally {
            blocked: 0,
            requested,
            time: Duration::ZERO,
            all_blocked_at: None,
            updated: Instant::now(),
        }))
    }

    pub(super) fn at(&self, now: Instant) -> Tally {
        self.update(now, |_| {})
    }

    /// Counts the current thread as blocked until the result is dropped.
    pub(super) fn count_one(&self) -> BlockedThread<'_> {
        self.update(Instant::now(), |tally| tally.blocked += 1);
        BlockedThread(self)
    }

    fn update(&self, now: Instant, change: impl FnOnce(&mut Tally)) -> Tally {
        let mut tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now.max(tally.updated);
        let added = (now - tally.updated) * tally.blocked;
        tally.time += added;
        if tally.blocked == tally.requested {
            tally.all_blocked_at = Some(now);
        }
        tally.updated = now;
        change(&mut tally);
        *tally
    }
}

/// Counts one thread as blocked until it is dropped.
pub(super) struct BlockedThread<'a>(&'a BlockedThreads);

impl Drop for BlockedThread<'_> {
    fn drop(&mut self) {
        self.0.update(Instant::now(), |tally| tally.blocked -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocked_time_adds_up_and_full_blocking_is_remembered() {
        let threads = BlockedThreads::none_of(2);
        let start = threads.0.lock().unwrap().updated;
        let at = |seconds| start + Duration::from_secs(seconds);
        threads.update(at(0), |tally| tally.blocked += 1);
        let one = threads.update(at(1), |tally| tally.blocked += 1);
        assert_eq!(
            (one.time, one.all_blocked_at),
            (Duration::from_secs(1), None)
        );
        let both = threads.at(at(4));
        assert_eq!(both.time, Duration::from_secs(7));
        assert_eq!(both.all_blocked_at, Some(at(4)));
        threads.update(at(5), |tally| tally.blocked -= 1);
        let one = threads.at(at(9));
        assert_eq!(one.time, Duration::from_secs(13));
        assert_eq!(one.all_blocked_at, Some(at(5)));
    }
}
