//! The outcomes of treated and untreated operations.

use std::time::Duration;

use chaos_core::OutcomeCounts;
use serde::Serialize;
use serde_json::json;

use crate::call::Call;
use crate::reply::{Replied, ok};

/// The upper bounds of the latencies that are counted together, in seconds.
#[derive(Serialize)]
pub(super) struct LatencyBounds([f64; OutcomeCounts::LATENCY_BOUNDS.len()]);

impl Default for LatencyBounds {
    fn default() -> Self {
        Self(OutcomeCounts::LATENCY_BOUNDS.map(|bound| Duration::as_secs_f64(&bound)))
    }
}

pub(super) async fn outcomes(call: Call) -> Replied {
    let sites = call.context.outcomes.outcomes(call.chaos());
    ok(&json!({ "latency_bounds": LatencyBounds::default(), "sites": sites }))
}
