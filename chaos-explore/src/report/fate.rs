//! How the test reacted to each fault.

use std::fmt;

use serde::Serialize;

use crate::placement::fault_case::FaultCase;
use crate::placement::operation_id::OperationId;

/// The fate of one fault case at one operation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FaultFate {
    /// The operation that the fault was placed at.
    pub operation: OperationId,
    /// The fault case.
    #[serde(rename = "mishap")]
    pub fault_case: FaultCase,
    /// How the test reacted to it.
    pub fate: Fate,
}

/// How a test reacted to a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fate {
    /// The act's reply was the same as without the fault: a retry or a fallback compensated for it.
    Absorbed,
    /// The act's reply was a different one.
    Surfaced,
    /// It can't be known, for one of four reasons.
    ///
    /// - The act's reply varies even without faults.
    /// - The operation ended before the fault was due.
    /// - Every operation at its site failed without the fault as well, as the calls of a dependency do that is down.
    /// - The operation belongs to no request, so the reply need not depend on it. An operation belongs to a request if it has
    ///   the scope of one: that of the act, or that of a server with `ChaosLayer::server`. A spawned task has none without
    ///   `Scope::carry`. Calls of `reqwest::client` never have one; calls of `ChaosLayer::client` have that of their caller.
    Unknown,
    /// The test failed.
    Found,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absorbed => "absorbed",
            Self::Surfaced => "surfaced",
            Self::Unknown => "unknown",
            Self::Found => "finding",
        })
    }
}
