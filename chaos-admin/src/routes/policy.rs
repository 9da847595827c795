//! What the policy allows now, and when it allows the rest.

use std::time::SystemTime;

use chaos_core::policy::Opening;
use chaos_core::{Policy, Risk};
use http::{Response, StatusCode};
use serde::Serialize;

use crate::call::Call;
use crate::problem::Problem;
use crate::reply::{ReplyBody, json};

#[derive(Serialize)]
struct Policies<'p> {
    /// None if every experiment may start at any time.
    policy: Option<&'p Policy>,
    risks: Vec<Window>,
}

/// Whether experiments of one risk may start now.
#[derive(Serialize)]
struct Window {
    risk: Risk,
    #[serde(flatten)]
    opening: Opening,
}

pub(super) async fn policy(call: Call) -> Result<Response<ReplyBody>, Problem> {
    let policy = call.chaos().policy();
    let now = SystemTime::now();
    let always = Opening::Open { until: None };
    let window = |risk| Window {
        risk,
        opening: policy.map_or(always, |policy| policy.opens(risk, now)),
    };
    let risks = [Risk::Low, Risk::Moderate, Risk::High, Risk::Critical];
    let policies = Policies {
        policy,
        risks: risks.into_iter().map(window).collect(),
    };
    Ok(json(StatusCode::OK, &policies))
}
