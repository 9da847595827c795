//! How far a business reading may move from what it was before the fault.

use std::fmt;

use chaos_core::Rate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far the median of a reading during the fault may be from that before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Drift {
    /// The furthest that it may fall.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub falls_at_most: Option<Allowance>,
    /// The furthest that it may rise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
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
