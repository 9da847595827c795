//! The service that scenarios run against.

use serde::{Deserialize, Serialize};

/// The service that scenarios run against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Target {
    /// Its URL, which load and probes are sent to.
    pub url: String,
    /// The address of its API, such as `unix:/run/orders.sock` or `127.0.0.1:9901`.
    pub admin: String,
}

impl Target {
    /// The service with a URL, and its API at an address.
    #[must_use]
    pub fn new(url: impl Into<String>, admin: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            admin: admin.into(),
        }
    }
}
