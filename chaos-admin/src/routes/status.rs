//! The state of the manager and its sites.

use std::time::Duration;

use chaos_core::adapter::HumanDuration;
use chaos_core::{ChaosManager, Environment, ExperimentState, ExperimentStatus, Overview};
use serde::Serialize;
use serde_json::{Value, json};

use crate::call::Call;
use crate::reply::{Replied, ok};

/// The status, which is the same for all clients.
#[derive(Serialize)]
pub(super) struct Status {
    #[serde(flatten)]
    overview: Overview,
    /// One sentence for those on call, if an experiment runs in production.
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<String>,
    /// The version of chaos-rs.
    version: &'static str,
}

/// The reply to a client.
#[derive(Serialize)]
struct StatusForClient {
    #[serde(flatten)]
    status: Status,
    /// The client as the API sees it.
    client: Value,
}

impl Status {
    pub(super) fn of(chaos: &ChaosManager) -> Self {
        Self {
            overview: chaos.overview(),
            notice: notice(&chaos.status()),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

pub(super) async fn overview(call: Call) -> Replied {
    ok(&StatusForClient {
        status: Status::of(call.chaos()),
        client: json!({ "name": call.client.name, "role": call.client.role }),
    })
}

pub(super) async fn sites(call: Call) -> Replied {
    ok(&json!({ "sites": call.chaos().sites() }))
}

/// Names the experiments that run in production.
fn notice(all: &[ExperimentStatus]) -> Option<String> {
    let running = all.iter().filter_map(|one| match one.state {
        ExperimentState::Running { time_left } => Some((one, time_left)),
        _ => None,
    });
    let striking = running.filter(|(one, _)| !one.dry_run);
    let in_production = striking.filter(|(one, _)| one.environment == Environment::Production);
    let named = in_production.map(|(one, time_left)| {
        let left = HumanDuration(Duration::from_secs(time_left.as_secs()));
        format!(
            "`{}` by {} for up to {left} more",
            one.name, one.attribution
        )
    });
    let named: Vec<_> = named.collect();
    (!named.is_empty()).then(|| {
        let experiments = named.join(", ");
        format!("in production, errors and delays may be injected: {experiments}; POST /chaos/v1/halt ends it")
    })
}
