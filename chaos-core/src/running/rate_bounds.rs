//! The reasons for which a running experiment strikes fewer operations than its rate draws.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::status::RateBound;

/// The bounds that drawn operations have met.
#[derive(Debug, Default)]
pub(crate) struct RateBounds(AtomicU8);

impl RateBounds {
    /// The bounds that are met by operations; all others follow from the definition.
    const MET: [RateBound; 5] = [
        RateBound::TotalCap,
        RateBound::ConcurrentCap,
        RateBound::Pattern,
        RateBound::NoEffect,
        RateBound::EndedFirst,
    ];

    /// Remembers a bound, and returns whether it is met for the first time; usually, it only reads.
    pub(super) fn meet(&self, bound: RateBound) -> bool {
        let bit = bit(bound);
        self.0.load(Ordering::Relaxed) & bit != bit
            && self.0.fetch_or(bit, Ordering::Relaxed) & bit != bit
    }

    pub(crate) fn met(&self) -> impl Iterator<Item = RateBound> {
        let met = self.0.load(Ordering::Relaxed);
        let all = Self::MET.into_iter();
        all.filter(move |bound| met & bit(*bound) != 0)
    }
}

fn bit(bound: RateBound) -> u8 {
    1 << bound as u8
}
