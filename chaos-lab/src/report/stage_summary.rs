//! What one stage was like.

use chaos_core::adapter::HumanDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scenario::Stage;
use crate::statistics::Proportion;

/// What one stage was like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct StageSummary {
    /// The stage.
    pub stage: Stage,
    /// Its length.
    pub lasted: HumanDuration,
    /// The failed ones of its requests.
    pub failed: Proportion,
    /// The failed ones of its health probes.
    pub unhealthy: Proportion,
    /// The latencies, if there were requests.
    pub latency: Option<Latencies>,
}

/// The latencies of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Latencies {
    /// The median.
    pub p50: HumanDuration,
    /// The 95th percentile.
    pub p95: HumanDuration,
    /// The 99th percentile.
    pub p99: HumanDuration,
}
