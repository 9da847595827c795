//! Measured values between their bounds, and their differences.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::Proportion;

/// A measured value, with the one-sided bounds of the true one.
///
/// Each bound is wrong in at most 5 % of all measurements. A bound that the measurement can't give is infinite.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Estimate {
    /// The measured value.
    pub value: f64,
    /// The true value is at least this.
    #[serde(deserialize_with = "lowest_if_none")]
    #[schemars(with = "Option<f64>")]
    pub lower: f64,
    /// The true value is at most this.
    #[serde(deserialize_with = "highest_if_none")]
    #[schemars(with = "Option<f64>")]
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
    /// A measured value between its bounds.
    #[must_use]
    pub fn new(value: f64, lower: f64, upper: f64) -> Self {
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

/// JSON has no infinite numbers, so they are written as `null`.
fn lowest_if_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NEG_INFINITY))
}

fn highest_if_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::INFINITY))
}

/// How much larger one share is than another, with the bounds of Newcombe.
#[must_use]
pub fn difference_of_proportions(of: Proportion, from: Proportion) -> Option<Estimate> {
    Some(difference_of_values(of.wilson()?, from.wilson()?))
}

/// How much larger one value is than another, with the bounds of MOVER.
///
/// An infinite bound of a value makes that of the difference infinite.
#[must_use]
pub fn difference_of_values(of: Estimate, from: Estimate) -> Estimate {
    let value = of.value - from.value;
    let below = (of.value - of.lower).hypot(from.upper - from.value);
    let above = (of.upper - of.value).hypot(from.value - from.lower);
    Estimate::new(value, value - below, value + above)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_infinite_bound_survives_its_json() {
        let estimate = Estimate::new(0.0, f64::NEG_INFINITY, f64::INFINITY);
        let text = serde_json::to_string(&estimate).unwrap();
        assert_eq!(serde_json::from_str::<Estimate>(&text).unwrap(), estimate);
    }

    #[test]
    fn only_a_bound_decides() {
        let estimate = Estimate::new(0.05, 0.03, 0.08);
        assert_eq!(estimate.judge_at_most(0.08), Judgement::Within);
        assert_eq!(estimate.judge_at_most(0.079), Judgement::Undecided);
        assert_eq!(estimate.judge_at_most(0.03), Judgement::Undecided);
        assert_eq!(estimate.judge_at_most(0.029), Judgement::Beyond);
    }

    #[test]
    fn bounds_are_those_of_newcombe() {
        // By Newcombe's tenth method with z = 1.6449.
        let expected = [
            ((56, 70), (48, 80), 0.2, 0.076_564, 0.313_645),
            ((0, 50), (0, 50), 0.0, -0.051_333, 0.051_333),
            ((10, 10), (0, 10), 1.0, 0.698_855, 1.0),
        ];
        for (of, from, value, lower, upper) in expected {
            let share = |(count, of)| Proportion::new(count, of).unwrap();
            let estimate = difference_of_proportions(share(of), share(from)).unwrap();
            let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
            assert!(near(estimate.value, value), "{estimate:?}");
            assert!(near(estimate.lower, lower), "{estimate:?}");
            assert!(near(estimate.upper, upper), "{estimate:?}");
        }
    }

    #[test]
    fn an_unknown_bound_stays_unknown() {
        let known = Estimate::new(10.0, 9.0, 12.0);
        let open = Estimate::new(20.0, 15.0, f64::INFINITY);
        let difference = difference_of_values(open, known);
        assert_eq!(difference.upper, f64::INFINITY);
        assert!((difference.lower - (10.0 - 5f64.hypot(2.0))).abs() < 1e-9);
        assert_eq!(difference_of_values(known, open).lower, f64::NEG_INFINITY);
    }
}
