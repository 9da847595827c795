//! Counts per experiment within one request.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A counter for each experiment in one request.
///
/// Usually few experiments count in the same request: the first two need no allocation, and the next ones a list. A scope
/// that meets many, such as that of a long job, has a map instead.
#[derive(Default)]
pub(super) struct Counts(Mutex<State>);

#[derive(Default)]
struct State {
    first: [Option<Count>; 2],
    others: Others,
}

enum Others {
    Few(Vec<Count>),
    /// The next number of each experiment, by its id.
    Many(BTreeMap<u64, u64>),
}

struct Count {
    experiment_id: u64,
    next: u64,
}

/// The longest list, which is searched as quickly as a map.
const MAX_FEW: usize = 30;

impl Counts {
    /// Returns 0, 1, 2, … for each experiment.
    pub(super) fn next(&self, experiment_id: u64) -> u64 {
        let mut counts = self.lock();
        if let Some(next) = counts.find(experiment_id) {
            let this = *next;
            *next = this.saturating_add(1);
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
        self.lock().find(experiment_id).map_or(0, |next| *next)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn find(&mut self, experiment_id: u64) -> Option<&mut u64> {
        let is_wanted = |count: &&mut Count| count.experiment_id == experiment_id;
        let mut first = self.first.iter_mut().flatten();
        match &mut self.others {
            Others::Few(few) => first
                .chain(few)
                .find(is_wanted)
                .map(|count| &mut count.next),
            Others::Many(many) => match first.find(is_wanted) {
                Some(count) => Some(&mut count.next),
                None => many.get_mut(&experiment_id),
            },
        }
    }

    fn add(&mut self, count: Count) {
        if let Some(slot) = self.first.iter_mut().find(|slot| slot.is_none()) {
            *slot = Some(count);
            return;
        }
        match &mut self.others {
            Others::Few(few) if few.len() < MAX_FEW => few.push(count),
            Others::Few(few) => {
                let all = few.drain(..).chain([count]);
                let many = all.map(|count| (count.experiment_id, count.next));
                self.others = Others::Many(many.collect());
            }
            Others::Many(many) => {
                many.insert(count.experiment_id, count.next);
            }
        }
    }
}

impl Default for Others {
    fn default() -> Self {
        Self::Few(Vec::new())
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
        let many = 2 * MAX_FEW as u64;
        for experiment in 0..many {
            // Each counts already while others are still added.
            for earlier in 0..=experiment {
                let counted = experiment - earlier;
                assert_eq!(counts.peek(earlier), counted, "{earlier} of {experiment}");
                assert_eq!(counts.next(earlier), counted, "{earlier} of {experiment}");
            }
        }
    }

    #[test]
    fn only_few_are_in_a_list_that_is_searched() {
        let counts = Counts::default();
        let kept_in_list = |counts: &Counts| match &counts.lock().others {
            Others::Few(few) => Some(few.len()),
            Others::Many(_) => None,
        };
        for (experiments, expected) in [(2, Some(0)), (2 + MAX_FEW as u64, Some(MAX_FEW))] {
            (0..experiments).for_each(|experiment| {
                counts.next(experiment);
            });
            assert_eq!(kept_in_list(&counts), expected);
        }
        counts.next(u64::MAX);
        assert_eq!(kept_in_list(&counts), None);
        assert_eq!(
            [counts.next(0), counts.next(9), counts.next(u64::MAX)],
            [2, 1, 1]
        );
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
