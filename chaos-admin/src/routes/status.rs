//! The state of the manager and its sites.

use chaos_core::Overview;
use serde::Serialize;
use serde_json::{Value, json};

use crate::call::Call;
use crate::reply::{Replied, ok};

/// The status as a client sees it.
#[derive(Serialize)]
pub(super) struct Status {
    #[serde(flatten)]
    overview: Overview,
    /// The version of chaos-rs.
    version: &'static str,
    /// The client as the API sees it.
    client: Value,
}

impl Status {
    pub(super) fn of(call: &Call) -> Self {
        Self {
            overview: call.chaos().overview(),
            version: env!("CARGO_PKG_VERSION"),
            client: json!({ "name": call.client.name, "role": call.client.role }),
        }
    }
}

pub(super) async fn overview(call: Call) -> Replied {
    ok(&Status::of(&call))
}

pub(super) async fn sites(call: Call) -> Replied {
    ok(&json!({ "sites": call.chaos().sites() }))
}
