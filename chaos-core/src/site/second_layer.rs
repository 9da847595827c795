//! The detection of a layer that is applied twice, so that each request passes its site twice.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// The number of calls that an adapter marks, to recognise them in a second layer.
const MARKED: u32 = 1_024;

/// Whether calls pass a site twice, as far as its first calls show.
#[derive(Default)]
pub(super) struct SecondLayer {
    marked: AtomicU32,
    found: AtomicBool,
}

impl SecondLayer {
    /// Whether the next call is to be marked.
    pub(super) fn is_sought(&self) -> bool {
        self.marked.load(Ordering::Relaxed) < MARKED
            && self.marked.fetch_add(1, Ordering::Relaxed) < MARKED
    }

    /// Remembers a call that a layer of the same site had marked; returns whether it is the first one.
    pub(super) fn find(&self) -> bool {
        self.marked.store(MARKED, Ordering::Relaxed);
        !self.found.swap(true, Ordering::Relaxed)
    }

    pub(super) fn is_found(&self) -> bool {
        self.found.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_layer_is_sought_among_the_first_calls() {
        let layer = SecondLayer::default();
        assert_eq!((0..5_000).filter(|_| layer.is_sought()).count(), 1_024);
        assert!(!layer.is_found());
    }

    #[test]
    fn a_second_layer_is_found_once() {
        let layer = SecondLayer::default();
        assert_eq!([layer.find(), layer.find()], [true, false]);
        assert!(layer.is_found() && !layer.is_sought());
    }
}
