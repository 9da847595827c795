//! Probes of the target's health.

use std::time::Duration;

use chaos_core::adapter::HumanDuration;
use serde::{Deserialize, Serialize};

use crate::load::Expected;

/// A probe of the target's health, made every 250 ms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ProbePlan {
    /// The path that is asked with `GET`.
    pub http: String,
    /// The reply of a healthy target.
    #[serde(default)]
    pub expect: Expected,
    /// The time limit; defaults to 1 s.
    #[serde(default = "one_second")]
    pub within: HumanDuration,
}

fn one_second() -> HumanDuration {
    HumanDuration(Duration::from_secs(1))
}
