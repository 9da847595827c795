//! Admission: whether an eligible operation is really hit.
//!
//! It comes after eligibility and may count caps and pattern turns. It never waits.

use std::time::Instant;

use super::Running;
use crate::Scope;
use crate::cap_gate::NotAdmitted;
use crate::status::RateBound;

/// Why an eligible operation passes untouched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// The experiment has ended, or a cap is reached.
    NotAdmitted(NotAdmitted),
    /// The time limit has passed on the runtime's clock, or the lease has run out.
    Expired,
    /// The pattern skips this operation.
    Pattern,
    /// No fault had an effect: within the rate limit, or the circuit is closed.
    Conforms,
}

impl Pass {
    /// The bound of the rate that it is due to; the end of an experiment bounds no rate.
    pub(crate) fn bound(self) -> Option<RateBound> {
        match self {
            Self::NotAdmitted(NotAdmitted::Total) => Some(RateBound::TotalCap),
            Self::NotAdmitted(NotAdmitted::Concurrent) => Some(RateBound::ConcurrentCap),
            Self::Pattern => Some(RateBound::Pattern),
            Self::Conforms => Some(RateBound::NoEffect),
            Self::NotAdmitted(NotAdmitted::Ended) | Self::Expired => None,
        }
    }
}

/// Admits an eligible operation, or returns why it passes.
pub(crate) fn admit(
    running: &Running,
    draw: u64,
    scope: Option<&Scope>,
    now: Instant,
) -> Result<(), Pass> {
    running.would_admit().map_err(Pass::NotAdmitted)?;
    if running.has_expired(now) {
        return Err(Pass::Expired);
    }
    if !running.takes_turn(draw, scope) {
        return Err(Pass::Pattern);
    }
    Ok(())
}
