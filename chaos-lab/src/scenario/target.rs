//! The service that scenarios run against.

use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The service that scenarios run against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Target {
    /// Its URL, which load and probes are sent to.
    pub url: String,
    /// The address of its API, such as `unix:/run/orders.sock` or `127.0.0.1:9901`.
    pub admin: Option<String>,
    /// The program that serves it, with its arguments: the lab starts it before a suite, and ends it after.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// The URL of the Prometheus server that probes ask.
    pub prometheus: Option<String>,
    /// The URL of the Alertmanager; while it has a firing alert, nothing is started.
    pub alertmanager: Option<String>,
    /// The relay that load and probes are sent through, if there is one.
    #[serde(skip)]
    pub relay: Option<SocketAddr>,
}

impl Target {
    /// The service with this URL.
    #[must_use]
    pub fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            admin: None,
            command: Vec::new(),
            prometheus: None,
            alertmanager: None,
            relay: None,
        }
    }
}
