//! Counts per experiment within one request.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A counter for each experiment in one request.
///
/// A list instead of a map: few experiments count in the same request, and the first two need no allocation.
#[derive(Default)]
pub(super) struct Counts(Mutex<List>);

#[derive(Default)]
struct List {
    first: [Option<Count>; 2],
    others: Vec<Count>,
}

struct Count {
    experiment_id: u64,
    next: u64,
}

impl Counts {
    /// Returns 0, 1, 2, … for each experiment.
    pub(super) fn next(&self, experiment_id: u64) -> u64 {
        let mut counts = self.lock();
        if let Some(count) = counts.find(experiment_id) {
            let this = count.next;
            count.next = this.saturating_add(1);
            return this;
        }
        counts.add(Count {
            experiment_id,
            next: 1,
        });
        0
    }

    /// Returns what [`next`](Self::next) will return.
    pub(super) fn peek(&self, experiment_id: u64) -> u64 {
        self.lock()
            .find(experiment_id)
            .map_or(0, |count| count.next)
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl List {
    fn find(&mut self, experiment_id: u64) -> Option<&mut Count> {
        self.first
            .iter_mut()
            .flatten()
            .chain(&mut self.others)
            .find(|count| count.experiment_id == experiment_id)
    }

    fn add(&mut self, count: Count) {
        match self.first.iter_mut().find(|slot| slot.is_none()) {
            Some(slot) => *slot = Some(count),
            None => self.others.push(count),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn each_experiment_has_its_own_counter() {
        let counts = Counts::default();
        assert_eq!(
            [
                counts.next(7),
                counts.next(7),
                counts.next(8),
                counts.next(7)
            ],
            [0, 1, 0, 2]
        );
    }

    #[test]
    fn many_experiments_have_their_own_counters_too() {
        let counts = Counts::default();
        for round in 0..3 {
            for experiment in 0..5 {
                assert_eq!(counts.peek(experiment), round);
                assert_eq!(counts.next(experiment), round);
            }
        }
    }

    #[test]
    fn peeking_does_not_count() {
        let counts = Counts::default();
        assert_eq!([counts.peek(7), counts.peek(7), counts.next(7)], [0, 0, 0]);
        assert_eq!([counts.peek(7), counts.next(7)], [1, 1]);
    }

    #[test]
    fn no_number_is_returned_twice() {
        let counts = Counts::default();
        let mut seen: Vec<u64> = thread::scope(|threads| {
            let workers: Vec<_> = (0..4)
                .map(|_| threads.spawn(|| (0..250).map(|_| counts.next(7)).collect::<Vec<_>>()))
                .collect();
            workers
                .into_iter()
                .flat_map(|worker| worker.join().unwrap())
                .collect()
        });
        seen.sort_unstable();
        assert_eq!(seen, (0..1_000).collect::<Vec<u64>>());
    }
}
