//! What a load sends, and how often.

use std::collections::BTreeMap;
use std::time::Duration;

use chaos_core::adapter::HumanDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Expected;

/// The text in a path, a header or a body that stands for the number of the request.
pub(super) const NUMBER: &str = "{n}";

/// The text that stands for the run, which no other run has.
pub(super) const RUN: &str = "{run}";

/// The requests of a load, and how many of them are sent each second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LoadPlan {
    /// The number of requests a second.
    pub per_second: u32,
    /// The requests, of which each is sent as often as its weight says.
    pub requests: Vec<RequestTemplate>,
}

/// A request that is sent again and again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RequestTemplate {
    /// The name in reports; defaults to the method and the path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The method; defaults to `GET`.
    #[serde(default = "get")]
    pub method: String,
    /// The path, in which `{n}` stands for the number of the request, and `{run}` for a text that no other run has.
    pub path: String,
    /// Headers, in which both stand for the same; they are in no record and no report.
    #[serde(default, skip_serializing)]
    pub headers: BTreeMap<String, String>,
    /// The body, in which both stand for the same; it is in no record and no report.
    #[serde(default, skip_serializing)]
    pub body: Option<String>,
    /// How often it is sent, beside the others; defaults to 1.
    #[serde(default = "one")]
    pub weight: u32,
    /// The reply that makes it a success.
    #[serde(default)]
    pub expect: Expected,
    /// The time limit of the whole reply; defaults to 10 s.
    #[serde(default = "ten_seconds")]
    pub timeout: HumanDuration,
}

/// A load that can't be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidLoad {
    /// No requests a second.
    #[error("`per_second` is 0, so nothing would be sent")]
    NoRate,
    /// No request has a weight.
    #[error("no request has a weight, so nothing would be sent")]
    NoRequests,
    /// A path without a slash at its start.
    #[error("the path `{0}` does not start with `/`")]
    Path(String),
    /// A text that is no method.
    #[error("`{0}` is no method of HTTP")]
    Method(String),
    /// A header that can't be sent.
    #[error("the header `{0}` can't be sent")]
    Header(String),
    /// A URL of the target that the load can't reach.
    #[error("`{0}` is no URL such as `http://127.0.0.1:8080`")]
    Target(String),
    /// A URL of the target that needs TLS.
    #[error("`{0}` needs TLS, which the lab does not speak: name the plain port of the service")]
    Encrypted(String),
}

impl LoadPlan {
    /// Asks for paths 20 times a second, one after another.
    pub(crate) fn of_paths<'a>(paths: impl IntoIterator<Item = &'a str>) -> Self {
        let request = |path: &str| RequestTemplate {
            name: None,
            method: get(),
            path: path.to_owned(),
            headers: BTreeMap::new(),
            body: None,
            weight: one(),
            expect: Expected::default(),
            timeout: ten_seconds(),
        };
        Self {
            per_second: 20,
            requests: paths.into_iter().map(request).collect(),
        }
    }

    /// Checks that the load can be sent.
    ///
    /// # Errors
    ///
    /// When a rate, a path, a method or a header makes no sense.
    pub fn check(&self) -> Result<(), InvalidLoad> {
        if self.per_second == 0 {
            return Err(InvalidLoad::NoRate);
        }
        if self.requests.iter().all(|request| request.weight == 0) {
            return Err(InvalidLoad::NoRequests);
        }
        self.requests.iter().try_for_each(RequestTemplate::check)
    }

    /// The requests in the order in which they are sent, again and again, spread as evenly as their weights allow.
    pub(super) fn cycle(&self) -> Vec<usize> {
        let total: u64 = self.requests.iter().map(|one| u64::from(one.weight)).sum();
        let mut credits = vec![0_i64; self.requests.len()];
        let next = |_| {
            for (credit, request) in credits.iter_mut().zip(&self.requests) {
                *credit += i64::from(request.weight);
            }
            let richest = (0..credits.len()).rev().max_by_key(|at| credits[*at]);
            let richest = richest.expect("a checked plan has requests");
            credits[richest] -= total as i64;
            richest
        };
        (0..total).map(next).collect()
    }
}

impl RequestTemplate {
    /// The name in reports.
    #[must_use]
    pub fn name(&self) -> String {
        let name = self.name.clone();
        name.unwrap_or_else(|| format!("{} {}", self.method, self.path))
    }

    fn check(&self) -> Result<(), InvalidLoad> {
        if !self.path.starts_with('/') {
            return Err(InvalidLoad::Path(self.path.clone()));
        }
        if self.method.parse::<http::Method>().is_err() {
            return Err(InvalidLoad::Method(self.method.clone()));
        }
        for (name, value) in &self.headers {
            let name_is_valid = name.parse::<http::HeaderName>().is_ok();
            if !name_is_valid || value.parse::<http::HeaderValue>().is_err() {
                return Err(InvalidLoad::Header(name.clone()));
            }
        }
        Ok(())
    }
}

fn get() -> String {
    "GET".to_owned()
}

fn one() -> u32 {
    1
}

fn ten_seconds() -> HumanDuration {
    HumanDuration(Duration::from_secs(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> LoadPlan {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn weights_are_spread_evenly() {
        let plan = plan(
            r#"{ "per_second": 9, "requests": [
                { "path": "/a", "weight": 3 }, { "path": "/b" }, { "path": "/c", "weight": 0 }
            ] }"#,
        );
        assert_eq!(plan.cycle(), [0, 0, 1, 0]);
        assert_eq!(plan.requests[0].name(), "GET /a");
    }

    #[test]
    fn headers_and_bodies_are_in_no_record() {
        let plan = plan(
            r#"{ "per_second": 1, "requests": [
                { "path": "/", "headers": { "authorization": "Bearer secret" }, "body": "secret" }
            ] }"#,
        );
        let recorded = serde_json::to_string(&plan).unwrap();
        assert!(!recorded.contains("secret"), "{recorded}");
    }

    #[test]
    fn a_load_that_makes_no_sense_is_refused() {
        let refused = |text| plan(text).check().unwrap_err();
        assert_eq!(
            refused(r#"{ "per_second": 0, "requests": [{ "path": "/" }] }"#),
            InvalidLoad::NoRate
        );
        assert_eq!(
            refused(r#"{ "per_second": 1, "requests": [{ "path": "/", "weight": 0 }] }"#),
            InvalidLoad::NoRequests
        );
        assert_eq!(
            refused(r#"{ "per_second": 1, "requests": [{ "path": "orders" }] }"#),
            InvalidLoad::Path("orders".to_owned())
        );
        assert_eq!(
            refused(r#"{ "per_second": 1, "requests": [{ "path": "/", "method": "G T" }] }"#),
            InvalidLoad::Method("G T".to_owned())
        );
        assert_eq!(
            refused(
                r#"{ "per_second": 1, "requests": [{ "path": "/", "headers": { "a b": "" } }] }"#
            ),
            InvalidLoad::Header("a b".to_owned())
        );
    }
}
