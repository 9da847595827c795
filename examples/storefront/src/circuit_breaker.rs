//! A circuit breaker.
//!
//! The crates that offer one read the system clock, which tests can't pause; this one reads tokio's.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Stops calls after consecutive failures, and lets one through from time to time to check for recovery.
#[derive(Debug)]
pub(crate) struct CircuitBreaker {
    failures_to_open: u32,
    open_for: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    open_until: Option<Instant>,
}

/// The state of a circuit breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CircuitState {
    /// Calls are made.
    Closed,
    /// Calls fail at once.
    Open,
    /// The next call is made, to check for recovery.
    HalfOpen,
}

impl CircuitBreaker {
    pub(crate) fn new(failures_to_open: u32, open_for: Duration) -> Self {
        Self {
            failures_to_open,
            open_for,
            state: Mutex::default(),
        }
    }

    pub(crate) fn state(&self) -> CircuitState {
        match self.lock().open_until {
            None => CircuitState::Closed,
            Some(until) if until <= Instant::now() => CircuitState::HalfOpen,
            Some(_) => CircuitState::Open,
        }
    }

    /// Admits a call unless the circuit is open; of a half-open circuit, one call per period.
    pub(crate) fn try_admit(&self) -> bool {
        let mut state = self.lock();
        let now = Instant::now();
        match state.open_until {
            None => true,
            Some(until) if until <= now => {
                // If this call reports no result, another one follows after a period.
                state.open_until = Some(now + self.open_for);
                true
            }
            Some(_) => false,
        }
    }

    pub(crate) fn record_success(&self) {
        *self.lock() = State::default();
    }

    pub(crate) fn record_failure(&self) {
        let mut state = self.lock();
        state.failures += 1;
        if state.failures >= self.failures_to_open {
            state.open_until = Some(Instant::now() + self.open_for);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_secs(2);

    #[tokio::test(start_paused = true)]
    async fn a_circuit_opens_half_opens_and_closes() {
        let breaker = CircuitBreaker::new(2, PERIOD);
        breaker.record_failure();
        breaker.record_success();
        breaker.record_failure();
        assert_eq!(breaker.state(), CircuitState::Closed);
        breaker.record_failure();
        assert_eq!(breaker.state(), CircuitState::Open);
        assert!(!breaker.try_admit());

        tokio::time::advance(PERIOD).await;
        assert_eq!(breaker.state(), CircuitState::HalfOpen);
        assert!(breaker.try_admit());
        assert!(!breaker.try_admit(), "one call is enough");
        breaker.record_failure();
        assert_eq!(breaker.state(), CircuitState::Open);

        tokio::time::advance(PERIOD).await;
        assert!(breaker.try_admit());
        tokio::time::advance(PERIOD).await;
        assert!(breaker.try_admit(), "the last call reported no result");
        breaker.record_success();
        assert_eq!(breaker.state(), CircuitState::Closed);
    }
}
