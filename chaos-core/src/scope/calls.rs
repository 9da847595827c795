//! The number of calls of each operation within one request.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Counts the calls of each operation in one request; the first few operations need neither a lock nor an allocation.
#[derive(Default)]
pub(super) struct Calls {
    first: [Slot; 8],
    others: Mutex<BTreeMap<u64, u32>>,
}

/// The upper half of an operation's hash, and the number of its calls; 0 while it is free.
#[derive(Default)]
struct Slot(AtomicU64);

const COUNT: u64 = u32::MAX as u64;

/// The number of counts without a slot: a long job may call any number of operations, of which some then share a count.
const MOST_OTHERS: u64 = 4_093;

impl Calls {
    /// Returns 0, 1, 2, … for each operation.
    pub(super) fn next(&self, operation: u64) -> u32 {
        let counted = self.first.iter().find_map(|slot| slot.next(operation));
        counted.unwrap_or_else(|| {
            let mut others = self.others();
            let next = others.entry(operation % MOST_OTHERS).or_default();
            let this = *next;
            *next = this.saturating_add(1);
            this
        })
    }

    /// Returns what [`next`](Self::next) will return.
    pub(super) fn peek(&self, operation: u64) -> u32 {
        let counted = self.first.iter().find_map(|slot| slot.count(operation));
        counted.unwrap_or_else(|| {
            self.others()
                .get(&(operation % MOST_OTHERS))
                .copied()
                .unwrap_or(0)
        })
    }

    fn others(&self) -> MutexGuard<'_, BTreeMap<u64, u32>> {
        self.others.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    /// Counts a call if this is the slot of its operation, or a free one.
    fn next(&self, operation: u64) -> Option<u32> {
        let mine = operation & !COUNT;
        let mut word = self.0.load(Ordering::Relaxed);
        if word == 0 {
            match self
                .0
                .compare_exchange(0, mine | 1, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => return Some(0),
                Err(taken) => word = taken,
            }
        }
        (word & !COUNT == mine).then(|| (self.0.fetch_add(1, Ordering::Relaxed) & COUNT) as u32)
    }

    fn count(&self, operation: u64) -> Option<u32> {
        let word = self.0.load(Ordering::Relaxed);
        (word == 0 || word & !COUNT == operation & !COUNT).then_some((word & COUNT) as u32)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn operation(number: u64) -> u64 {
        number << 32
    }

    #[test]
    fn each_operation_has_its_own_count() {
        let calls = Calls::default();
        // Some have a slot, others do not.
        for operation in (1..=20).map(operation) {
            assert_eq!([calls.peek(operation), calls.next(operation)], [0, 0]);
        }
        for operation in (1..=20).map(operation) {
            assert_eq!([calls.peek(operation), calls.peek(operation)], [1, 1]);
            assert_eq!([calls.next(operation), calls.next(operation)], [1, 2]);
        }
    }

    #[test]
    fn no_number_is_returned_twice() {
        let calls = Calls::default();
        let count = || -> Vec<_> {
            let operations = (0..4_000).map(|at| operation(1 + at % 10));
            operations
                .map(|operation| (operation, calls.next(operation)))
                .collect()
        };
        let mut seen: Vec<_> = thread::scope(|threads| {
            let workers: Vec<_> = (0..4).map(|_| threads.spawn(count)).collect();
            let counted = workers
                .into_iter()
                .flat_map(|worker| worker.join().unwrap());
            counted.collect()
        });
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 16_000);
        assert!((1..=10).all(|number| calls.peek(operation(number)) == 1_600));
    }
}
