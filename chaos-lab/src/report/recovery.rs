//! How the target came back after the fault.

use chaos_core::adapter::HumanDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the target came back; times count from the end of the fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Recovery {
    /// The end of the first request that succeeded, or of the first good health probe without a load.
    pub first_success: Option<HumanDuration>,
    /// The requests that succeeded in a row, from the first one after the fault on.
    pub successes_in_a_row: u64,
    /// The first of five steady seconds.
    pub steady: Option<HumanDuration>,
    /// The look from which on all business rules held.
    pub rules_hold: Option<HumanDuration>,
    /// The seconds in which the target failed, from the start of the fault on.
    pub downtime: HumanDuration,
    /// The failed health probes, from the start of the fault on.
    pub failed_health_checks: u64,
}

/// A business rule that was found broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct BrokenRule {
    /// Its name.
    pub rule: String,
    /// The time of the first such look, since the start of the run.
    pub at: HumanDuration,
    /// What that look found.
    pub why: String,
}
