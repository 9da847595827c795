//! The queue of delays that the timer thread works on.

use super::due::Due;
use super::release::Release;
use std::collections::BTreeMap;
use std::ops::Bound::{self, Excluded, Included, Unbounded};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;
use std::time::Instant;

/// The number of delays that are taken or examined per acquisition of the lock.
pub(super) const BATCH: usize = 256;

/// The position of a delay in the queue, ordered by time and then by arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket {
    due: Due,
    number: u64,
}

impl Ticket {
    pub(super) fn new(due: Due) -> Ticket {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Ticket {
            due,
            number: NEXT.fetch_add(1, Ordering::Relaxed),
        }
    }

    pub(super) fn due(self) -> Due {
        self.due
    }
}

/// A delay in the queue, or one that was taken out.
///
/// Dropping or waking it runs code of its task, which may drop other delays, so neither may happen under the lock.
#[derive(Debug)]
pub(super) struct Parked {
    pub(super) waker: Waker,
    pub(super) release: Option<Arc<Release>>,
}

impl Parked {
    pub(super) fn is_released(&self) -> bool {
        self.release.as_deref().is_some_and(Release::is_released)
    }
}

/// The next step of the timer thread.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Wake the taken delays, then take again.
    Wake,
    Sleep(Due),
}

/// A search for released delays, from the first delay to the last.
#[derive(Clone, Copy, Debug)]
struct Sweep {
    /// The position at which it continues.
    from: Bound<Ticket>,
    /// Whether a release arrived meanwhile, so that a delay behind the position may be released.
    is_repeated: bool,
}

impl Sweep {
    const START: Sweep = Sweep {
        from: Unbounded,
        is_repeated: false,
    };
}

#[derive(Debug)]
pub(super) struct Queue {
    parked: BTreeMap<Ticket, Parked>,
    /// The search in progress; `None` if no release is pending.
    sweep: Option<Sweep>,
    /// The end of the timer thread's sleep; `None` while it is awake and will take again.
    asleep: Option<Due>,
}

impl Queue {
    pub(super) const fn new() -> Queue {
        Queue {
            parked: BTreeMap::new(),
            sweep: None,
            asleep: None,
        }
    }

    pub(super) fn insert(&mut self, ticket: Ticket, parked: Parked) -> Option<Parked> {
        self.parked.insert(ticket, parked)
    }

    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<Parked> {
        self.parked.remove(&ticket)
    }

    pub(super) fn get(&self, ticket: Ticket) -> Option<&Parked> {
        self.parked.get(&ticket)
    }

    /// Makes the next batches include every delay whose release has fired.
    ///
    /// A search in progress is finished first, then repeated: it would never get to the last delays if it started over
    /// at every release.
    pub(super) fn start_sweep(&mut self) {
        match &mut self.sweep {
            Some(sweep) => sweep.is_repeated = true,
            None => self.sweep = Some(Sweep::START),
        }
    }

    /// Returns true if the timer thread sleeps past `due` and has to be unparked; only the first call does.
    pub(super) fn rouse(&mut self, due: Due) -> bool {
        self.asleep.take_if(|until| due < *until).is_some()
    }

    /// The same as [`Queue::rouse`], regardless of when the sleep ends.
    pub(super) fn rouse_now(&mut self) -> bool {
        self.asleep.take().is_some()
    }

    /// Moves ended delays into `batch`, first those that are due, then those that are released.
    pub(super) fn take(&mut self, now: Instant, batch: &mut Vec<Parked>) -> Next {
        self.asleep = None;
        self.take_due(now, batch);
        self.take_released(batch);
        if !batch.is_empty() || self.sweep.is_some() {
            return Next::Wake;
        }
        let until = self
            .parked
            .keys()
            .next()
            .map_or(Due::Never, |first| first.due);
        self.asleep = Some(until);
        Next::Sleep(until)
    }

    fn take_due(&mut self, now: Instant, batch: &mut Vec<Parked>) {
        while batch.len() < BATCH
            && let Some(first) = self.parked.first_entry()
            && first.key().due.has_come(now)
        {
            batch.push(first.remove());
        }
    }

    fn take_released(&mut self, batch: &mut Vec<Parked>) {
        let Some(Sweep { from, is_repeated }) = self.sweep else {
            return;
        };
        let last = self
            .parked
            .range((from, Unbounded))
            .nth(BATCH)
            .map(|(ticket, _)| *ticket);
        let to = last.map_or(Unbounded, Included);
        let released: Vec<_> = self
            .parked
            .range((from, to))
            .filter(|(_, parked)| parked.is_released())
            .map(|(ticket, _)| *ticket)
            .collect();
        batch.extend(
            released
                .iter()
                .filter_map(|ticket| self.parked.remove(ticket)),
        );
        self.sweep = match last {
            Some(last) => Some(Sweep {
                from: Excluded(last),
                is_repeated,
            }),
            None => is_repeated.then_some(Sweep::START),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn parked(release: Option<&Arc<Release>>) -> Parked {
        Parked {
            waker: Waker::noop().clone(),
            release: release.cloned(),
        }
    }

    fn take_all(queue: &mut Queue, now: Instant) -> (usize, Due) {
        let mut batch = Vec::new();
        let mut taken = 0;
        loop {
            match queue.take(now, &mut batch) {
                Next::Wake => {
                    assert!(
                        batch.len() <= 2 * BATCH + 1,
                        "{} under one lock",
                        batch.len()
                    );
                    taken += batch.drain(..).count();
                }
                Next::Sleep(until) => return (taken, until),
            }
        }
    }

    #[test]
    fn only_due_delays_are_taken() {
        let start = Instant::now();
        let mut queue = Queue::new();
        for seconds in [3, 1, 2] {
            let due = Due::after(start, Duration::from_secs(seconds));
            queue.insert(Ticket::new(due), parked(None));
        }
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(take_all(&mut queue, start), (0, Due::At(at(1))));
        assert_eq!(take_all(&mut queue, at(2)), (2, Due::At(at(3))));
        assert_eq!(take_all(&mut queue, at(3)), (1, Due::Never));
    }

    #[test]
    fn a_sweep_takes_only_released_delays() {
        let now = Instant::now();
        let (fired, other) = (Arc::new(Release::new()), Arc::new(Release::new()));
        let mut queue = Queue::new();
        for _ in 0..3 * BATCH {
            for release in [Some(&fired), Some(&other), None] {
                queue.insert(Ticket::new(Due::Never), parked(release));
            }
        }
        fired.release();
        assert_eq!(take_all(&mut queue, now).0, 0);
        queue.start_sweep();
        assert_eq!(take_all(&mut queue, now).0, 3 * BATCH);
        assert_eq!(queue.parked.len(), 6 * BATCH);
        assert!(!queue.parked.values().any(Parked::is_released));
    }

    #[test]
    fn a_release_before_every_batch_postpones_no_released_delay() {
        const BATCHES: usize = 100;
        let now = Instant::now();
        let (fired, other) = (Arc::new(Release::new()), Arc::new(Release::new()));
        let mut queue = Queue::new();
        for _ in 0..BATCHES * BATCH {
            queue.insert(Ticket::new(Due::Never), parked(Some(&other)));
        }
        queue.insert(Ticket::new(Due::Never), parked(Some(&fired)));
        queue.start_sweep();
        // The search is past some delays already when the last of them is released.
        queue.take(now, &mut Vec::new());
        fired.release();
        let mut batch = Vec::new();
        let taken_in = (1..=2 * (BATCHES + 1)).find(|_| {
            queue.start_sweep();
            assert_eq!(queue.take(now, &mut batch), Next::Wake);
            !batch.is_empty()
        });
        assert!(taken_in.is_some(), "not within two passes");
        assert!(batch[0].is_released());
        assert_eq!((batch.len(), queue.parked.len()), (1, BATCHES * BATCH));
    }

    #[test]
    fn a_delay_released_behind_the_search_is_taken_in_the_next() {
        let now = Instant::now();
        let (fired, other) = (Arc::new(Release::new()), Arc::new(Release::new()));
        let mut queue = Queue::new();
        queue.insert(Ticket::new(Due::Never), parked(Some(&fired)));
        for _ in 0..2 * BATCH {
            queue.insert(Ticket::new(Due::Never), parked(Some(&other)));
        }
        queue.start_sweep();
        assert_eq!(queue.take(now, &mut Vec::new()), Next::Wake);
        fired.release();
        queue.start_sweep();
        assert_eq!(take_all(&mut queue, now), (1, Due::Never));
        assert_eq!(queue.parked.len(), 2 * BATCH);
    }

    #[test]
    fn the_thread_is_roused_once_and_only_for_an_earlier_delay() {
        let start = Instant::now();
        let second = Due::after(start, Duration::from_secs(1));
        let mut queue = Queue::new();
        assert!(!queue.rouse(Due::At(start)), "it was not asleep");
        queue.insert(Ticket::new(second), parked(None));
        assert_eq!(queue.take(start, &mut Vec::new()), Next::Sleep(second));
        assert!(!queue.rouse(second));
        assert!(!queue.rouse(Due::Never));
        assert!(queue.rouse(Due::At(start)));
        assert!(!queue.rouse(Due::At(start)), "it was roused already");
    }
}
