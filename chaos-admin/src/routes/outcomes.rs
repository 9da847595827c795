//! The outcomes of treated and untreated operations.

use chaos_core::{OutcomeCounts, SiteOutcomes};
use http::{Response, StatusCode};
use serde::Serialize;

use crate::call::Call;
use crate::problem::Problem;
use crate::reply::{ReplyBody, json};

#[derive(Serialize)]
struct Outcomes {
    /// The upper bounds of the latencies that are counted together, in seconds.
    latency_bounds: Vec<f64>,
    sites: Vec<SiteOutcomes>,
}

pub(super) async fn outcomes(call: Call) -> Result<Response<ReplyBody>, Problem> {
    let bounds = OutcomeCounts::LATENCY_BOUNDS.iter();
    let outcomes = Outcomes {
        latency_bounds: bounds.map(std::time::Duration::as_secs_f64).collect(),
        sites: call.context.outcomes.outcomes(call.chaos()),
    };
    Ok(json(StatusCode::OK, &outcomes))
}
