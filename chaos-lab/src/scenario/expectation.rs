//! What a scenario expects of its faults.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a scenario expects of its faults.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Expectation {
    /// Nothing; the objectives alone judge.
    #[default]
    Any,
    /// Every struck request succeeds.
    Absorbed,
    /// Struck requests fail, so the error rate ends no run.
    Surfaced,
}
