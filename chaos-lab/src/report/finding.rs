//! What was found for one objective.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Verdict;
use crate::statistics::Estimate;

/// What was found for one objective.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Finding {
    /// What was measured.
    pub indicator: Indicator,
    /// The limit, in the unit of the indicator.
    pub limit: f64,
    /// The measured value between its bounds, if there was anything to measure.
    pub measured: Option<Estimate>,
    /// The verdict.
    pub verdict: Verdict,
}

impl Finding {
    pub(crate) fn new(
        indicator: Indicator,
        limit: f64,
        measured: Option<Estimate>,
        verdict: Verdict,
    ) -> Self {
        Self {
            indicator,
            limit,
            measured,
            verdict,
        }
    }
}

/// What is measured.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Indicator {
    /// The share of requests that failed during the fault.
    ErrorRate,
    /// The share of health probes that were good, from the start of the fault on.
    Availability,
    /// The 95th percentile of latency during the fault, less that before it.
    LatencyDegradation,
    /// The time from the first failed second to the first of five steady ones.
    Mttr,
    /// The share of struck requests that failed.
    Absorption,
    /// The time from the end of the fault to the first of five steady seconds.
    Recovery,
    /// The share of looks at the business rules that found them to hold, from the start of the fault on.
    BusinessRules,
    /// The share of health probes that were good again at the end.
    SteadyState,
}

/// The unit of an indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Shares of one.
    Share,
    /// Seconds.
    Seconds,
    /// A number whose unit only its source knows.
    Number,
}

impl Indicator {
    /// The unit of its values and limits.
    #[must_use]
    pub fn unit(self) -> Unit {
        match self {
            Self::LatencyDegradation | Self::Mttr | Self::Recovery => Unit::Seconds,
            _ => Unit::Share,
        }
    }
}

impl Indicator {
    /// Whether a single request, look or probe can violate its objective.
    pub(super) fn is_decided_by_one(self) -> bool {
        matches!(
            self,
            Self::Absorption | Self::BusinessRules | Self::SteadyState
        )
    }

    /// Whether its limit is the lowest good value, not the highest.
    pub(super) fn is_better_when_high(self) -> bool {
        matches!(
            self,
            Self::Availability | Self::BusinessRules | Self::SteadyState
        )
    }
}

impl fmt::Display for Indicator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ErrorRate => "error rate",
            Self::Availability => "availability",
            Self::LatencyDegradation => "latency degradation",
            Self::Absorption => "surfaced faults",
            Self::Mttr => "mean time to repair",
            Self::Recovery => "recovery",
            Self::BusinessRules => "business rules",
            Self::SteadyState => "steady state after the fault",
        })
    }
}
