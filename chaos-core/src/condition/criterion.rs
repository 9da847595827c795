//! What a condition looks at.

use std::time::Duration;

use crate::Rate;

/// What a condition looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Criterion {
    ErrorRate(Rate),
    Latency { quantile: Rate, limit: Duration },
    ConsecutiveFailures(u32),
    Probe(String),
}

/// Whose operations a condition judges.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Judged {
    /// All operations.
    #[default]
    All,
    /// Only those in which something was injected.
    Treated,
    /// Only those in which nothing was injected.
    Untreated,
}
