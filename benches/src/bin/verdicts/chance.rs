//! Random events.

use crate::dice::Dice;

impl Dice {
    /// A number between 0 and 1.
    pub(crate) fn share(&self) -> f64 {
        (self.roll() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether an event of this probability happens.
    pub(crate) fn happens(&self, probability: f64) -> bool {
        self.share() < probability
    }

    /// A number from the exponential distribution with this mean.
    pub(crate) fn exponential(&self, mean: f64) -> f64 {
        -(1.0 - self.share()).ln() * mean
    }
}
