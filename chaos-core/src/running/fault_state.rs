//! The state of faults that remember earlier operations.
//!
//! The running experiment owns it, so all clones of an adapter share it.

use std::time::Duration;

use super::circuit_breaker::Breaker;
use super::rate_limiter::Limiter;
use crate::{Failure, Fault};

/// What a fault of a running experiment remembers.
pub(crate) enum FaultState {
    Stateless,
    Limiter(Limiter),
    Breaker(Breaker),
}

impl FaultState {
    pub(super) fn of(fault: &Fault) -> Self {
        match fault {
            Fault::RateLimit(limit) => Self::Limiter(Limiter::new(limit)),
            Fault::CircuitBreak(circuit) => Self::Breaker(Breaker::new(circuit)),
            Fault::Latency(_)
            | Fault::Error(_)
            | Fault::Timeout(_)
            | Fault::Disconnect(_)
            | Fault::Bandwidth(_)
            | Fault::Corrupt(_)
            | Fault::Slice(_)
            | Fault::Loss(_)
            | Fault::ServerSleep(_)
            | Fault::HoldConnections(_)
            | Fault::HoldLock
            | Fault::Panic
            | Fault::Crash(_)
            | Fault::Exhaust(_) => Self::Stateless,
        }
    }

    /// Counts an operation; returns the failure and the time to wait if it is refused.
    pub(crate) fn refuse(&self) -> Option<(Failure, Duration)> {
        match self {
            Self::Stateless => None,
            Self::Limiter(limiter) => Some((Failure::Overloaded, limiter.take().err()?)),
            Self::Breaker(breaker) => Some((Failure::CircuitOpen, breaker.pass().err()?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CircuitBreak, RateLimit};

    #[test]
    fn only_faults_that_remember_have_a_state() {
        let limit = Fault::rate_limit(RateLimit::per_second(1).unwrap());
        assert!(matches!(FaultState::of(&limit), FaultState::Limiter(_)));
        let circuit = Fault::circuit_break(CircuitBreak::after(1).unwrap());
        assert!(matches!(FaultState::of(&circuit), FaultState::Breaker(_)));
        assert!(matches!(
            FaultState::of(&Fault::Panic),
            FaultState::Stateless
        ));
    }
}
