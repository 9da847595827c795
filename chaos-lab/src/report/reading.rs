//! How far a business reading moved during the fault.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Verdict;
use crate::statistics::Estimate;

/// How far a business reading moved: the medians of its values before and during the fault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct MovedReading {
    /// The name of the business rule.
    pub rule: String,
    /// How far it may move, such as `falls by at most 10%`.
    pub allowed: String,
    /// The median before the fault.
    pub before: Option<Estimate>,
    /// The median during the fault.
    pub during: Option<Estimate>,
    /// How much larger the second is.
    pub change: Option<Estimate>,
    /// The verdict.
    pub verdict: Verdict,
}
