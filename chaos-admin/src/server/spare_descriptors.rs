//! Descriptors in reserve, so that a connection can be accepted when the process has none left.

use std::fs::File;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Open files that are of no other use than to be closed.
#[derive(Debug)]
pub(super) struct SpareDescriptors(Mutex<Vec<File>>);

/// The number of connections that can be accepted under exhaustion.
const RESERVE: usize = 8;

impl SpareDescriptors {
    pub(super) fn reserve() -> Self {
        let spare = Self(Mutex::default());
        spare.refill();
        spare
    }

    /// Closes one of them; returns false if there was none left.
    pub(super) fn give_up_one(&self) -> bool {
        self.lock().pop().is_some()
    }

    /// Reserves anew what was given up, as far as the process has descriptors.
    pub(super) fn refill(&self) {
        let mut spare = self.lock();
        while spare.len() < RESERVE {
            match any_file() {
                Some(file) => spare.push(file),
                None => return,
            }
        }
    }

    #[cfg(all(test, unix))]
    pub(super) fn is_full(&self) -> bool {
        self.lock().len() == RESERVE
    }

    fn lock(&self) -> MutexGuard<'_, Vec<File>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(unix)]
fn any_file() -> Option<File> {
    File::open("/dev/null").ok()
}

/// Sockets are no descriptors of this kind elsewhere.
#[cfg(not(unix))]
fn any_file() -> Option<File> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_up_is_reserved_anew() {
        let spare = SpareDescriptors::reserve();
        assert_eq!((0..100).filter(|_| spare.give_up_one()).count(), RESERVE);
        spare.refill();
        assert_eq!((0..100).filter(|_| spare.give_up_one()).count(), RESERVE);
    }
}
