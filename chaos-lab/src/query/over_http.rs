//! Questions to servers over HTTP: JSON, the values of Prometheus, the alerts of an Alertmanager.

use std::collections::BTreeMap;
use std::error::Error;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full, Limited};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::Values;
use crate::load::Server;

/// The longest document; an answer beyond it is of no use here.
const MOST_BYTES: usize = 16 << 20;

pub(crate) async fn get_json<T: DeserializeOwned>(
    server: &Server,
    path: &str,
) -> Result<T, String> {
    let request = server.get(path).map_err(|error| error.to_string())?;
    let body = ask(server, request).await?;
    serde_json::from_slice(&body).map_err(|error| error.to_string())
}

/// The body of a successful reply.
pub(crate) async fn ask(server: &Server, request: Request<Full<Bytes>>) -> Result<Bytes, String> {
    let reply = server.client.request(request).await;
    let reply = reply.map_err(|error| first_cause(&error))?;
    let status = reply.status();
    let body = Limited::new(reply.into_body(), MOST_BYTES);
    let body = body.collect().await.map_err(|error| error.to_string())?;
    let body = body.to_bytes();
    if status.is_success() {
        return Ok(body);
    }
    let text = String::from_utf8_lossy(&body);
    let text: String = text.trim().chars().take(200).collect();
    Err(format!("status {status}: {text}"))
}

/// The innermost error, which is the one of the system.
pub(crate) fn first_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[derive(Deserialize)]
struct Reply {
    data: Data,
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Data {
    Scalar(Sample),
    Vector(Vec<Series>),
}

#[derive(Deserialize)]
struct Series {
    value: Sample,
}

/// A time, and a value as text.
#[derive(Deserialize)]
struct Sample(IgnoredAny, String);

/// The values of a query of a Prometheus server now, one for each series.
pub(crate) async fn prometheus_values(server: &Server, query: &str) -> Values {
    let query = utf8_percent_encode(query, NON_ALPHANUMERIC);
    let path = format!("/api/v1/query?query={query}");
    let reply: Reply = get_json(server, &path).await?;
    let samples = match reply.data {
        Data::Scalar(sample) => vec![sample],
        Data::Vector(series) => series.into_iter().map(|one| one.value).collect(),
    };
    let values = samples.into_iter().map(|Sample(_, text)| {
        let number = text.parse::<f64>();
        number.map_err(|_| format!("`{text}` is no number"))
    });
    values.collect()
}

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
