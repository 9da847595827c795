//! The state of experiments.

use std::sync::LazyLock;
use std::time::SystemTime;

use chaos_core::{ChaosManager, ExperimentStatus};
use http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use serde_json::json;

use crate::call::Call;
use crate::problem::Problem;
use crate::reply::{Replied, ReplyBody, json, ok};

/// An experiment with the tag of this run.
#[derive(Serialize)]
pub(super) struct Tagged {
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(flatten)]
    status: ExperimentStatus,
}

impl Tagged {
    fn new(status: ExperimentStatus) -> Self {
        Self {
            etag: status.id.map(etag),
            status,
        }
    }
}

/// Distinguishes the tags of this process from those of one before it.
static PROCESS: LazyLock<u128> = LazyLock::new(|| {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_nanos()
});

/// The tag of one run of an experiment.
pub(super) fn etag(id: u64) -> String {
    format!("\"{:x}-{id}\"", *PROCESS)
}

/// The run that a tag was given for, if it was in this process.
pub(super) fn id_of(etag: &str) -> Option<u64> {
    let id = etag.trim_matches('"').rsplit_once('-')?.1.parse().ok()?;
    (self::etag(id) == etag).then_some(id)
}

pub(super) async fn list(call: Call) -> Replied {
    ok(&json!({ "experiments": tagged_experiments(call.chaos()) }))
}

/// All experiments with their tags.
pub(super) fn tagged_experiments(chaos: &ChaosManager) -> Vec<Tagged> {
    chaos.status().into_iter().map(Tagged::new).collect()
}

pub(super) async fn one(call: Call) -> Replied {
    match latest(call.chaos(), call.name()) {
        Some(status) => Ok(tagged(StatusCode::OK, status)),
        None => {
            let detail = format!("no experiment named `{}` is known", call.name());
            Err(Problem::new(404, "no such experiment", detail))
        }
    }
}

/// The latest experiment of a name.
pub(super) fn latest(chaos: &ChaosManager, name: &str) -> Option<ExperimentStatus> {
    let mut of_name = chaos.status();
    of_name.retain(|status| status.name == name);
    // One that waits has no id yet, and is the latest.
    of_name
        .into_iter()
        .max_by_key(|status| status.id.unwrap_or(u64::MAX))
}

/// A reply with an experiment and its tag.
pub(super) fn tagged(status: StatusCode, experiment: ExperimentStatus) -> Response<ReplyBody> {
    let tagged = Tagged::new(experiment);
    let mut response = json(status, &tagged);
    if let Some(Ok(etag)) = tagged.etag.map(|etag| HeaderValue::from_str(&etag)) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

/// A reply with the latest experiments of these names.
pub(super) fn named(
    status: StatusCode,
    chaos: &ChaosManager,
    names: &[String],
) -> Response<ReplyBody> {
    let latest = names.iter().filter_map(|name| latest(chaos, name));
    let experiments: Vec<_> = latest.map(Tagged::new).collect();
    json(status, &json!({ "experiments": experiments }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tags_of_this_process_name_a_run() {
        assert_eq!(id_of(&etag(7)), Some(7));
        for other in [
            "",
            "\"\"",
            "\"7\"",
            "\"1-7\"",
            "*",
            etag(7).trim_matches('"'),
        ] {
            assert_eq!(id_of(other), None, "{other}");
        }
    }
}
