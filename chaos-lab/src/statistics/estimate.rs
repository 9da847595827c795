//! A measured value between its bounds.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

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
}
