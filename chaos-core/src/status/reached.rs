//! What an experiment has reached of what was asked for: its rate and its delays.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Rate, human};

/// The rate of an experiment, as asked for and as reached.
///
/// Chance alone draws operations, at the asked rate. A drawn operation is struck unless something in
/// [`bounded_by`](Self::bounded_by) lets it pass, so without a bound the struck share differs from the asked one only by
/// chance. With one, it is lower.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RateReached {
    /// The share that was asked for.
    pub asked: Rate,
    /// The number of operations that were struck.
    pub struck: u64,
    /// The number of operations that the blast radius covers, drawn or not.
    ///
    /// There is none for shares of connections or transactions, whose operations are not drawn one by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covered: Option<u64>,
    /// The number of covered operations that were drawn; none where there is no number of covered ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drawn: Option<u64>,
    /// The reasons for which fewer operations were struck than drawn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bounded_by: Vec<RateBound>,
}

impl RateReached {
    /// The share of the covered operations that was struck, if any was covered.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        let covered = self.covered.filter(|covered| *covered > 0)?;
        Some(self.struck as f64 / covered as f64)
    }
}

/// A reason for which fewer operations are struck than the rate draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RateBound {
    /// The total cap was used up.
    TotalCap,
    /// The concurrent cap was reached.
    ConcurrentCap,
    /// The pattern let operations pass.
    Pattern,
    /// The faults had no effect: a rate limit was not exceeded, a circuit was closed, or a latency was zero.
    NoEffect,
    /// Operations ended first: another fault failed them, or their callers gave up.
    EndedFirst,
    /// The faults strike in a phase that not every operation reaches.
    Phase,
    /// This instance is not in the share of instances.
    Instances,
}

impl fmt::Display for RateBound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TotalCap => "its total cap",
            Self::ConcurrentCap => "its concurrent cap",
            Self::Pattern => "its pattern",
            Self::NoEffect => "a fault without effect",
            Self::EndedFirst => "operations that ended first",
            Self::Phase => "its phase",
            Self::Instances => "its share of instances",
        })
    }
}

/// The delays that operations felt, including those that gave up before the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DelayReached {
    /// The number of delayed operations.
    pub operations: u64,
    /// How many of them felt less than was injected, since their callers gave up or the experiment ended.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cut_short: u64,
    /// The median.
    #[serde(with = "human::duration_text")]
    pub median: Duration,
    /// The 99th percentile.
    #[serde(with = "human::duration_text")]
    pub p99: Duration,
    /// The longest.
    #[serde(with = "human::duration_text")]
    pub longest: Duration,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}
