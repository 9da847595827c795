//! When a run is given up for the good of its target.

use chaos_core::Rate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The conditions that end a run early.
///
/// All of them together end a run that kept its limits in at most one of twenty.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct AbortPlan {
    /// The share of failed requests that is too much; defaults to 50 %.
    pub error_rate: Option<Rate>,
    /// The share of good health probes that is too little.
    pub availability: Option<Rate>,
    /// The share of looks at the business rules that found them to hold that is too little.
    pub business_rules: Option<Rate>,
}

impl Default for AbortPlan {
    fn default() -> Self {
        Self {
            error_rate: Rate::percent(50.0).ok(),
            availability: None,
            business_rules: None,
        }
    }
}
