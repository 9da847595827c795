//! The outcomes of treated and untreated operations.

use std::time::Duration;

use chaos_core::OutcomeCounts;
use serde_json::json;

use crate::call::Call;
use crate::reply::{Replied, ok};

/// How long outcomes are counted after the last request for them.
const KEPT_FOR: Duration = Duration::from_secs(15);

pub(super) async fn outcomes(call: Call) -> Replied {
    // The upper bounds of the latencies that are counted together, in seconds.
    let bounds = OutcomeCounts::LATENCY_BOUNDS.iter();
    let bounds: Vec<f64> = bounds.map(Duration::as_secs_f64).collect();
    let sites = call.context.outcomes.outcomes(call.chaos(), KEPT_FOR);
    ok(&json!({ "latency_bounds": bounds, "sites": sites }))
}
