//! What was measured over time, thinned to what a plot can show.

use chaos_core::adapter::HumanDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What was measured over time, from the start of the first stage on, thinned to what a plot can show.
///
/// A point in which nothing was measured has no value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Series {
    /// The time between two points.
    pub step: HumanDuration,
    /// The requests that no fault struck, and those of which only the target knows.
    pub untreated: Points,
    /// The requests that a fault struck; empty if there were none.
    pub treated: Points,
    /// The share of health probes that failed; empty if all were good.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unhealthy: Vec<Option<f64>>,
}

/// What requests were like over time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Points {
    /// The share of them that failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<Option<f64>>,
    /// The 95th percentile of their latency, in seconds; empty if none was measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub p95: Vec<Option<f64>>,
}
