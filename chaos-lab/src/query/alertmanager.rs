//! The alerts of an Alertmanager.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::get_json::get_json;
use crate::load::Server;

#[derive(Deserialize)]
struct Alert {
    labels: BTreeMap<String, String>,
}

/// The name of an alert that fires and is not silenced, if there is one.
pub(crate) async fn firing_alert(server: &Server) -> Result<Option<String>, String> {
    let path = "/api/v2/alerts?active=true&silenced=false&inhibited=false";
    let alerts: Vec<Alert> = get_json(server, path).await?;
    let named = alerts.into_iter().map(|mut alert| {
        let name = alert.labels.remove("alertname");
        name.unwrap_or_else(|| "without a name".to_owned())
    });
    Ok(named.min())
}
