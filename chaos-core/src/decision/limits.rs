//! The state of faults that remember: rate limits and circuit breakers.
//!
//! It lives with the running experiment, so that all clones of an adapter share it.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::delay;
use crate::{CircuitBreak, Fault, RateLimit};

/// What a fault of a running experiment remembers.
pub(crate) enum Memory {
    None,
    Limiter(Limiter),
    Breaker(Breaker),
}

impl Memory {
    pub(crate) fn of(fault: &Fault) -> Self {
        match fault {
            Fault::RateLimit(limit) => Self::Limiter(Limiter::new(limit)),
            Fault::CircuitBreak(circuit) => Self::Breaker(Breaker::new(circuit)),
            _ => Self::None,
        }
    }
}

/// A rate limit that counts on the runtime's clock.
pub(crate) struct Limiter {
    limiter: RateLimiter<NotKeyed, InMemoryState, RuntimeClock, NoOpMiddleware<Nanos>>,
}

impl Limiter {
    fn new(limit: &RateLimit) -> Self {
        // Governor counts 64 bits of nanoseconds and multiplies them by the burst.
        const MOST: u64 = u64::MAX / 4;
        let each = nanos(limit.period() / limit.count().get()).clamp(1, MOST);
        let fits = u32::try_from(MOST / each).unwrap_or(u32::MAX).max(1);
        let burst =
            NonZeroU32::new(fits).map_or(limit.burst_size(), |fits| limit.burst_size().min(fits));
        let quota = Quota::with_period(Duration::from_nanos(each))
            .unwrap_or_else(|| Quota::per_second(limit.count()))
            .allow_burst(burst);
        Self {
            limiter: RateLimiter::direct_with_clock(quota, RuntimeClock::start()),
        }
    }

    /// Takes one operation's share, or says how long until there is one.
    pub(crate) fn take(&self) -> Result<(), Duration> {
        self.limiter
            .check()
            .map_err(|not_until| not_until.wait_time_from(self.limiter.clock().now()))
    }
}

#[derive(Debug, Clone)]
struct RuntimeClock(Instant);

impl RuntimeClock {
    fn start() -> Self {
        Self(delay::now())
    }
}

impl Clock for RuntimeClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        delay::now().saturating_duration_since(self.0).into()
    }
}

/// A circuit: closed until it trips, open for a time, half open for some trials, closed again.
pub(crate) struct Breaker {
    circuit: CircuitBreak,
    since: Instant,
    word: AtomicU64,
}

/// Two bits of state and a number: operations seen, nanoseconds of opening's end, trials left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Circuit {
    Closed { seen: u64 },
    Open { until: u64 },
    HalfOpen { trials: u64 },
}

impl Breaker {
    fn new(circuit: &CircuitBreak) -> Self {
        Self {
            circuit: *circuit,
            since: delay::now(),
            word: AtomicU64::new(Circuit::Closed { seen: 0 }.pack()),
        }
    }

    /// Lets one operation through, or says how long the circuit stays open.
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

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
