//! The outcomes of treated and untreated operations.

use std::time::Duration;

use chaos_core::{OutcomeCounts, SiteOutcomes};
use serde::Serialize;
use serde_json::json;

use crate::call::Call;
use crate::context::Context;
use crate::reply::{Replied, ok};

/// How long outcomes are counted after the last request for them.
const KEPT_FOR: Duration = Duration::from_secs(15);

/// The upper bounds of the latencies that are counted together, in seconds.
#[derive(Serialize)]
pub(super) struct LatencyBounds([f64; OutcomeCounts::LATENCY_BOUNDS.len()]);

impl Default for LatencyBounds {
    fn default() -> Self {
        Self(OutcomeCounts::LATENCY_BOUNDS.map(|bound| Duration::as_secs_f64(&bound)))
    }
}

/// The outcomes at all sites, which are counted as long as a client asks for them.
pub(super) fn all(context: &Context) -> Vec<SiteOutcomes> {
    context.outcomes.outcomes(&context.chaos, KEPT_FOR)
}

pub(super) async fn outcomes(call: Call) -> Replied {
    ok(&json!({ "latency_bounds": LatencyBounds::default(), "sites": all(&call.context) }))
}
