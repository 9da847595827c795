//! The detection of a key that most operations of a site have, such as the constant id of a load generator.
//!
//! Operations of one key draw alike, so a rate then strikes all of them or none.

use std::cell::Cell;
use std::sync::{Mutex, OnceLock, PoisonError, TryLockError};

use crate::Scope;
use crate::journal::excerpt;

/// The share of operations that are looked at; the others cost a thread-local count.
const ONE_IN: u32 = 16;

/// The number of looks after which a key is dominant, or replaced by another candidate.
const LOOKS: u32 = 128;

thread_local! {
    static SKIPPED: Cell<u32> = const { Cell::new(0) };
}

/// Detects a key that more than half of the operations have.
#[derive(Default)]
pub(super) struct DominantKey {
    candidate: Mutex<Candidate>,
    found: OnceLock<String>,
}

#[derive(Default)]
struct Candidate {
    key: u64,
    looks: u32,
    matches: u32,
}

impl DominantKey {
    /// Whether the next operation is to be looked at.
    #[inline]
    pub(super) fn is_due() -> bool {
        let skipped = SKIPPED.try_with(|skipped| {
            let next = skipped.get().wrapping_add(1);
            skipped.set(next);
            next
        });
        skipped.is_ok_and(|skipped| skipped % ONE_IN == 0)
    }

    /// Looks at the key of an operation; returns it once, when it is found to be dominant.
    #[cold]
    pub(super) fn look(&self, scope: &Scope) -> Option<&str> {
        let mut candidate = match self.candidate.try_lock() {
            Ok(candidate) => candidate,
            Err(TryLockError::Poisoned(poisoned)) => PoisonError::into_inner(poisoned),
            // Another thread looks, and this look is not worth waiting.
            Err(TryLockError::WouldBlock) => return None,
        };
        if self.found.get().is_some() || !candidate.is_dominant_with(scope.key_hash()) {
            return None;
        }
        drop(candidate);
        let _ = self.found.set(excerpt(scope.key()).into());
        self.get()
    }

    /// The dominant key, once it is found.
    pub(super) fn get(&self) -> Option<&str> {
        self.found.get().map(String::as_str)
    }
}

impl Candidate {
    /// Counts a key, and returns whether this candidate is dominant with it.
    fn is_dominant_with(&mut self, key: u64) -> bool {
        if self.looks == 0 {
            self.key = key;
        }
        self.looks += 1;
        self.matches += u32::from(key == self.key);
        if self.looks < LOOKS {
            return false;
        }
        if self.matches > LOOKS / 2 {
            return key == self.key;
        }
        *self = Self::default();
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(keys: impl Iterator<Item = String>) -> Option<String> {
        let dominant = DominantKey::default();
        let mut found = keys.filter_map(|key| {
            let found = dominant.look(&Scope::new(key));
            found.map(str::to_owned)
        });
        let first = found.next();
        assert_eq!(found.next(), None, "it is returned once");
        first
    }

    #[test]
    fn a_key_of_more_than_half_the_operations_is_found() {
        let most = |at: u32| match at % 5 {
            0 | 1 | 3 => "k6".to_owned(),
            _ => format!("order-{at}"),
        };
        assert_eq!(find((0..1_000).map(most)), Some("k6".to_owned()));
        // The first candidate may be another one.
        assert_eq!(find((2..1_000).map(most)), Some("k6".to_owned()));
    }

    #[test]
    fn no_key_of_less_than_half_is_found() {
        let some = |at: u32| match at % 5 {
            0 | 1 => "k6".to_owned(),
            _ => format!("order-{at}"),
        };
        assert_eq!(find((0..10_000).map(some)), None);
        assert_eq!(find((0..10_000).map(|at| format!("order-{at}"))), None);
    }

    #[test]
    fn some_operations_are_looked_at() {
        let looked = (0..160).filter(|_| DominantKey::is_due()).count();
        assert_eq!(looked, 10);
    }
}
