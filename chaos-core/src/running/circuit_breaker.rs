//! The state of a `circuit_break` fault, shared by all sites that the experiment covers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::nanos::nanos;
use crate::{CircuitBreak, delay};

/// A circuit that is closed until it trips, open for a time, half open for some trials, then closed again.
pub(crate) struct Breaker {
    circuit: CircuitBreak,
    since: Instant,
    word: AtomicU64,
}

/// Two bits of state and a number: operations seen, end of the open time in nanoseconds, trials left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Circuit {
    Closed { seen: u64 },
    Open { until: u64 },
    HalfOpen { trials: u64 },
}

impl Breaker {
    pub(super) fn new(circuit: &CircuitBreak) -> Self {
        Self {
            circuit: *circuit,
            since: delay::now(),
            word: AtomicU64::new(Circuit::Closed { seen: 0 }.pack()),
        }
    }

    /// Lets one operation through, or returns how long the circuit stays open.
    pub(crate) fn pass(&self) -> Result<(), Duration> {
        let now = nanos(delay::now().saturating_duration_since(self.since));
        let mut word = self.word.load(Ordering::Acquire);
        loop {
            let (next, verdict) = Circuit::unpack(word).step(&self.circuit, now);
            match self.word.compare_exchange_weak(
                word,
                next.pack(),
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return verdict,
                Err(changed) => word = changed,
            }
        }
    }
}

impl Circuit {
    fn step(self, circuit: &CircuitBreak, now: u64) -> (Self, Result<(), Duration>) {
        let open_for = nanos(circuit.open_time());
        match self {
            Self::Closed { seen } if seen < u64::from(circuit.trips_after().get()) => {
                (Self::Closed { seen: seen + 1 }, Ok(()))
            }
            Self::Closed { .. } => (
                Self::Open {
                    until: now.saturating_add(open_for),
                },
                Err(circuit.open_time()),
            ),
            Self::Open { until } if now < until => (self, Err(Duration::from_nanos(until - now))),
            Self::Open { .. } => Self::HalfOpen {
                trials: u64::from(circuit.trials().get()),
            }
            .step(circuit, now),
            Self::HalfOpen { trials: 0 } => Self::Closed { seen: 0 }.step(circuit, now),
            Self::HalfOpen { trials } => (Self::HalfOpen { trials: trials - 1 }, Ok(())),
        }
    }

    fn pack(self) -> u64 {
        match self {
            Self::Closed { seen } => seen << 2,
            Self::Open { until } => until.min(u64::MAX >> 2) << 2 | 1,
            Self::HalfOpen { trials } => trials << 2 | 2,
        }
    }

    fn unpack(word: u64) -> Self {
        let number = word >> 2;
        match word & 3 {
            0 => Self::Closed { seen: number },
            1 => Self::Open { until: number },
            _ => Self::HalfOpen { trials: number },
        }
    }
}

#[cfg(test)]
#[path = "circuit_breaker_tests.rs"]
mod tests;
