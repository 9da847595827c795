//! What became of each fault: whether anyone but the code under test noticed.

use std::fmt;

use serde::Serialize;

use crate::recorder::Tracked;
use crate::run::Ran;
use crate::{FaultCase, OperationId, Placement};

/// What became of one fault at one operation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Absorption {
    /// The operation.
    pub operation: OperationId,
    /// What went wrong at it.
    pub mishap: FaultCase,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fate {
    /// The act's answer was the same: a retry or a fallback made up for it.
    Absorbed,
    /// The act's answer was another one.
    Surfaced,
    /// Nobody can tell: the answer varies anyway, or the operation belongs to no request, as in a task that was
    /// spawned without its scope, or had ended before the fault was due.
    Unknown,
    /// The test did not survive it.
    Found,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absorbed => "absorbed",
            Self::Surfaced => "surfaced",
            Self::Unknown => "can't be told",
            Self::Found => "finding",
        })
    }
}

impl Absorption {
    /// What became of a single fault; `usual` is the answer without one, if that is always the same.
    pub(crate) fn of(placement: &Placement, ran: &Ran, usual: Option<&str>) -> Self {
        let tracked = ran.trace.iter().find(|meeting| !meeting.struck.is_empty());
        let tracked = tracked.map(|meeting| meeting.tracked);
        let fate = match (usual, &ran.reply) {
            _ if !ran.problems.is_empty() => Fate::Found,
            _ if ran.injected.contains(&0) => Fate::Unknown,
            (Some(usual), Some(reply)) if usual != reply => Fate::Surfaced,
            (Some(_), Some(_)) if tracked == Some(Tracked::InRequest) => Fate::Absorbed,
            _ => Fate::Unknown,
        };
        Self {
            operation: placement.operation.clone(),
            mishap: placement.mishap.clone(),
            fate,
        }
    }
}
