//! The values that a probe accepts, and how far they may move from what they were before the fault.

use std::fmt;

use chaos_core::Rate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The values that a probe accepts; without a bound, all of them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct Tolerance {
    /// The lowest one.
    pub at_least: Option<f64>,
    /// The highest one.
    pub at_most: Option<f64>,
}

impl Tolerance {
    /// Whether a value is within the bounds.
    #[must_use]
    pub fn accepts(self, value: f64) -> bool {
        !value.is_nan()
            && self.at_least.is_none_or(|bound| value >= bound)
            && self.at_most.is_none_or(|bound| value <= bound)
    }

    /// Whether each bound is a number.
    pub(super) fn makes_sense(self) -> bool {
        let mut bounds = [self.at_least, self.at_most].into_iter().flatten();
        bounds.all(f64::is_finite)
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.at_least, self.at_most) {
            (Some(least), Some(most)) => write!(f, "{least} to {most}"),
            (Some(least), None) => write!(f, "at least {least}"),
            (None, Some(most)) => write!(f, "at most {most}"),
            (None, None) => f.write_str("a number"),
        }
    }
}

/// How far the median of a reading during the fault may be from that before it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct Drift {
    /// The furthest that it may fall.
    pub falls_at_most: Option<Allowance>,
    /// The furthest that it may rise.
    pub rises_at_most: Option<Allowance>,
}

/// How far a reading may move: `10%` of what it was, or `0.5` in its own unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Allowance {
    /// In the unit of the reading.
    Points(f64),
    /// A share of the reading before the fault.
    Share(Rate),
}

impl Drift {
    /// Whether it has no limit.
    #[must_use]
    pub fn is_unlimited(self) -> bool {
        self.falls_at_most.is_none() && self.rises_at_most.is_none()
    }

    /// Whether each limit is a distance.
    pub(super) fn makes_sense(self) -> bool {
        let limits = [self.falls_at_most, self.rises_at_most];
        limits.into_iter().flatten().all(|limit| match limit {
            Allowance::Points(points) => points.is_finite() && points >= 0.0,
            Allowance::Share(_) => true,
        })
    }
}

impl Allowance {
    /// The distance from a reading, in its unit.
    pub(crate) fn from(self, reading: f64) -> f64 {
        match self {
            Self::Points(points) => points,
            Self::Share(share) => share.as_share() * reading.abs(),
        }
    }
}

impl fmt::Display for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Points(points) => write!(f, "{points}"),
            Self::Share(share) => write!(f, "{share}"),
        }
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.falls_at_most, self.rises_at_most) {
            (Some(fall), Some(rise)) => {
                write!(f, "falls by at most {fall}, rises by at most {rise}")
            }
            (Some(fall), None) => write!(f, "falls by at most {fall}"),
            (None, Some(rise)) => write!(f, "rises by at most {rise}"),
            (None, None) => f.write_str("moves freely"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_belong_to_the_values_and_nan_does_not() {
        let tolerance = Tolerance {
            at_least: Some(1.0),
            at_most: Some(2.0),
        };
        let accepted = [0.9, 1.0, 2.0, 2.1, f64::NAN].map(|value| tolerance.accepts(value));
        assert_eq!(accepted, [false, true, true, false, false]);
        assert!(!Tolerance::default().accepts(f64::NAN));
    }
}
