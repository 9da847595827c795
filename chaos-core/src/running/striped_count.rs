//! A count that threads share without slowing each other down.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The number of stripes; more threads than these share some.
const STRIPES: usize = 16;

/// A count with one cache line for each of some threads.
#[derive(Debug, Default)]
pub(crate) struct StripedCount([Stripe; STRIPES]);

#[derive(Debug, Default)]
#[repr(align(64))]
struct Stripe(AtomicU64);

static NEXT_STRIPE: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static OWN_STRIPE: usize = NEXT_STRIPE.fetch_add(1, Ordering::Relaxed) % STRIPES;
}

impl StripedCount {
    #[inline]
    pub(crate) fn increment(&self) {
        // A thread whose locals are gone already counts in the first one.
        let own = OWN_STRIPE.try_with(|own| *own).unwrap_or(0);
        self.0[own].0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn sum(&self) -> u64 {
        let counts = self.0.iter().map(|stripe| stripe.0.load(Ordering::Relaxed));
        counts.sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_increment_of_any_thread_is_lost() {
        let count = StripedCount::default();
        std::thread::scope(|scope| {
            for _ in 0..2 * STRIPES {
                scope.spawn(|| (0..1_000).for_each(|_| count.increment()));
            }
        });
        assert_eq!(count.sum(), 2_000 * STRIPES as u64);
    }
}
