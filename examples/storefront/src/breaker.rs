//! A circuit breaker.
//!
//! It is our own because it reads tokio's clock, which tests can pause; those to be had read that of the machine.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Leaves somebody alone who has failed often enough in a row, and asks once in a while whether that is over.
#[derive(Debug)]
pub(crate) struct Breaker {
    opens_after: u32,
    open_for: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Closed { failures: u32 },
    Open { until: Instant },
}

/// What a circuit breaker does with calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Circuit {
    /// It lets them through.
    Closed,
    /// It fails them at once.
    Open,
    /// It lets the next one through, to see how that turns out.
    HalfOpen,
}

impl Breaker {
    pub(crate) fn new(opens_after: u32, open_for: Duration) -> Self {
        Self {
            opens_after,
            open_for,
            state: Mutex::new(State::Closed { failures: 0 }),
        }
    }

    pub(crate) fn circuit(&self) -> Circuit {
        match *self.state() {
            State::Closed { .. } => Circuit::Closed,
            State::Open { until } if until <= Instant::now() => Circuit::HalfOpen,
            State::Open { .. } => Circuit::Open,
        }
    }

    /// Whether a call may be made.
    pub(crate) fn lets_through(&self) -> bool {
        match &mut *self.state() {
            State::Closed { .. } => true,
            State::Open { until } if *until <= Instant::now() => {
                // One at a time; should nothing be heard of it, another may try its luck later.
                *until = Instant::now() + self.open_for;
                true
            }
            State::Open { .. } => false,
        }
    }

    pub(crate) fn succeeded(&self) {
        *self.state() = State::Closed { failures: 0 };
    }

    pub(crate) fn failed(&self) {
        let mut state = self.state();
        if let State::Closed { failures } = &mut *state {
            *failures += 1;
            if *failures < self.opens_after {
                return;
            }
        }
        *state = State::Open {
            until: Instant::now() + self.open_for,
        };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHILE: Duration = Duration::from_secs(2);

    #[tokio::test(start_paused = true)]
    async fn it_opens_half_opens_and_closes() {
        let breaker = Breaker::new(2, WHILE);
        breaker.failed();
        breaker.succeeded();
        breaker.failed();
        assert_eq!(breaker.circuit(), Circuit::Closed);
        breaker.failed();
        assert_eq!(breaker.circuit(), Circuit::Open);
        assert!(!breaker.lets_through());

        tokio::time::advance(WHILE).await;
        assert_eq!(breaker.circuit(), Circuit::HalfOpen);
        assert!(breaker.lets_through());
        assert!(!breaker.lets_through(), "one is enough to see");
        breaker.failed();
        assert_eq!(breaker.circuit(), Circuit::Open);

        tokio::time::advance(WHILE).await;
        assert!(breaker.lets_through());
        breaker.succeeded();
        assert_eq!(breaker.circuit(), Circuit::Closed);
    }

    #[tokio::test(start_paused = true)]
    async fn a_try_that_nothing_is_heard_of_is_followed_by_another() {
        let breaker = Breaker::new(1, WHILE);
        breaker.failed();
        tokio::time::advance(WHILE).await;
        assert!(breaker.lets_through());
        tokio::time::advance(WHILE).await;
        assert!(breaker.lets_through());
    }
}
