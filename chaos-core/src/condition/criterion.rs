//! The criteria of conditions.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Rate;

/// The criterion of a condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Criterion {
    ErrorRate(Rate),
    #[serde(serialize_with = "super::serde::serialize_limit")]
    Latency {
        quantile: Rate,
        limit: Duration,
    },
    ConsecutiveFailures(u32),
    Probe(String),
}

/// The operations that a condition judges.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Judged {
    /// All operations.
    #[default]
    All,
    /// Only operations with an injected fault.
    Treated,
    /// Only operations without an injected fault.
    Untreated,
}
