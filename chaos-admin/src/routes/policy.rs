//! What the policy allows now, and when it allows the rest.

use std::time::SystemTime;

use chaos_core::Risk;
use chaos_core::policy::Opening;
use serde::Serialize;
use serde_json::json;

use crate::call::Call;
use crate::reply::{Replied, ok};

/// Whether experiments of one risk may start now.
#[derive(Serialize)]
struct Window {
    risk: Risk,
    #[serde(flatten)]
    opening: Opening,
}

pub(super) async fn policy(call: Call) -> Replied {
    let policy = call.chaos().policy();
    let now = SystemTime::now();
    let always = Opening::Open { until: None };
    let window = |risk| Window {
        risk,
        opening: policy.map_or(always, |policy| policy.opens(risk, now)),
    };
    let risks = [Risk::Low, Risk::Moderate, Risk::High, Risk::Critical];
    let risks: Vec<_> = risks.into_iter().map(window).collect();
    // Without a policy, every experiment may start at any time.
    ok(&json!({ "policy": policy, "risks": risks }))
}
