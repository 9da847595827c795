//! What was measured over time: stage by stage, and thinned to what a plot can show.

use chaos_core::adapter::HumanDuration;
use chaos_page::{Block, Cell, Table};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units::{counted, or_nothing, time};
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

impl StageSummary {
    pub(super) fn table(all: &[Self]) -> Block {
        let [requests, probes] = ["failed requests", "failed health probes"];
        let head = ["", "lasted", requests, probes, "p50", "p95", "p99"];
        Block::Table(Table::new("stages", head, all.iter().map(Self::cells)))
    }

    fn cells(&self) -> [Cell; 7] {
        let latency = |pick: fn(&Latencies) -> HumanDuration| {
            or_nothing(self.latency.as_ref().map(|latency| time(pick(latency).0)))
        };
        [
            self.stage.to_string(),
            time(self.lasted.0),
            or_nothing(counted(self.failed)),
            or_nothing(counted(self.unhealthy)),
            latency(|latency| latency.p50),
            latency(|latency| latency.p95),
            latency(|latency| latency.p99),
        ]
        .map(Cell::Words)
    }
}

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
