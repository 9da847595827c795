//! A seeded generator that threads may share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chaos_core::Rate;

/// The weyl sequence of SplitMix.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

pub(crate) struct Dice(AtomicU64);

impl Dice {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// Other dice, which this one seeds.
    pub(crate) fn another(&self) -> Self {
        Self::seeded(self.roll())
    }

    pub(crate) fn roll(&self) -> u64 {
        let state = self.0.fetch_add(STEP, Ordering::Relaxed);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&self, bound: u64) -> u64 {
        self.roll() % bound
    }

    pub(crate) fn is_one_in(&self, odds: u64) -> bool {
        self.below(odds) == 0
    }

    pub(crate) fn millis(&self, least: u64, most: u64) -> Duration {
        Duration::from_millis(least + self.below(most - least + 1))
    }

    pub(crate) fn percent(&self, least: u64, most: u64) -> Rate {
        let percent = least + self.below(most - least + 1);
        Rate::percent(percent as f64).expect("at most 100")
    }

    pub(crate) fn pick<'a, T>(&self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u64) as usize]
    }
}
