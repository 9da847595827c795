//! A measured value between its bounds.

use serde::{Deserialize, Serialize};

/// A measured value, with the one-sided bounds of the true one.
///
/// Each bound is wrong in at most 5 % of all measurements. A bound that the measurement can't give is infinite.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Estimate {
    /// The measured value.
    pub value: f64,
    /// The true value is at least this.
    pub lower: f64,
    /// The true value is at most this.
    pub upper: f64,
}

/// What an estimate says about a limit that the true value must not exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// The true value is within the limit.
    Within,
    /// The true value is beyond the limit.
    Beyond,
    /// The measurement does not decide.
    Undecided,
}

impl Estimate {
    pub(crate) fn new(value: f64, lower: f64, upper: f64) -> Self {
        Self {
            value,
            lower,
            upper,
        }
    }

    /// Judges the true value by a limit that it must not exceed.
    #[must_use]
    pub fn judge_at_most(&self, limit: f64) -> Judgement {
        if self.upper <= limit {
            Judgement::Within
        } else if self.lower > limit {
            Judgement::Beyond
        } else {
            Judgement::Undecided
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bound_decides() {
        let estimate = Estimate::new(0.05, 0.03, 0.08);
        assert_eq!(estimate.judge_at_most(0.08), Judgement::Within);
        assert_eq!(estimate.judge_at_most(0.079), Judgement::Undecided);
        assert_eq!(estimate.judge_at_most(0.03), Judgement::Undecided);
        assert_eq!(estimate.judge_at_most(0.029), Judgement::Beyond);
    }
}
