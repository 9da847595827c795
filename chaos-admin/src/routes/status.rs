//! The state of the manager and its sites.

use chaos_core::{Overview, Role, SiteStatus};
use http::{Response, StatusCode};
use serde::Serialize;

use crate::call::Call;
use crate::problem::Problem;
use crate::reply::{ReplyBody, json};

#[derive(Serialize)]
struct Status {
    #[serde(flatten)]
    overview: Overview,
    /// The version of chaos-rs.
    version: &'static str,
    client: ClientStatus,
}

/// The client as the API sees it.
#[derive(Serialize)]
struct ClientStatus {
    name: String,
    role: Role,
}

pub(super) async fn overview(call: Call) -> Result<Response<ReplyBody>, Problem> {
    let status = Status {
        overview: call.chaos().overview(),
        version: env!("CARGO_PKG_VERSION"),
        client: ClientStatus {
            role: call.client.role,
            name: call.client.name,
        },
    };
    Ok(json(StatusCode::OK, &status))
}

#[derive(Serialize)]
struct Sites {
    sites: Vec<SiteStatus>,
}

pub(super) async fn sites(call: Call) -> Result<Response<ReplyBody>, Problem> {
    let sites = call.chaos().sites();
    Ok(json(StatusCode::OK, &Sites { sites }))
}
