//! Queries of a Prometheus server.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Values;
use super::get_json::get_json;
use crate::load::Server;

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
