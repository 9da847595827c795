//! The state of a `rate_limit` fault, shared by all sites that the experiment covers.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use super::nanos::nanos;
use crate::{RateLimit, delay};

/// A rate limit that counts on the runtime's clock.
pub(crate) struct Limiter {
    limiter: RateLimiter<NotKeyed, InMemoryState, RuntimeClock, NoOpMiddleware<Nanos>>,
}

impl Limiter {
    pub(super) fn new(limit: &RateLimit) -> Self {
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

    /// Takes one operation's share, or returns how long until there is one.
    pub(super) fn take(&self) -> Result<(), Duration> {
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

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    async fn pass(time: Duration) {
        tokio::time::advance(time).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_limiter_lets_a_burst_pass_then_refills() {
        let limit = RateLimit::per_second(10)
            .and_then(|limit| limit.burst(3))
            .unwrap();
        let limiter = Limiter::new(&limit);
        for _ in 0..3 {
            assert_eq!(limiter.take(), Ok(()));
        }
        let wait = limiter.take().unwrap_err();
        assert_eq!(wait, Duration::from_millis(100));
        pass(wait - Duration::from_millis(1)).await;
        assert_eq!(limiter.take(), Err(Duration::from_millis(1)));
        pass(Duration::from_millis(1)).await;
        assert_eq!(limiter.take(), Ok(()));
        assert_eq!(limiter.take(), Err(Duration::from_millis(100)));
        pass(SECOND).await;
        let passed = (0..10).filter(|_| limiter.take().is_ok()).count();
        assert_eq!(passed, 3, "no more than the burst is saved up");
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_burst_a_whole_period_passes_at_once() {
        let limiter = Limiter::new(&RateLimit::per_minute(6).unwrap());
        let passed = (0..10).filter(|_| limiter.take().is_ok()).count();
        assert_eq!(passed, 6);
        assert_eq!(limiter.take(), Err(10 * SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_period_lets_twice_the_count_pass_and_later_ones_the_count() {
        let limiter = Limiter::new(&RateLimit::per_second(10).unwrap());
        let mut passed = [0, 0, 0];
        for in_period in &mut passed {
            for _ in 0..1_000 {
                *in_period += u32::from(limiter.take().is_ok());
                pass(Duration::from_millis(1)).await;
            }
        }
        // The token of the first moment comes back at the last one of its period or the first of the next.
        assert_eq!(passed, [19, 10, 10]);
    }

    #[test]
    fn the_most_extreme_limits_are_limits_still() {
        for limit in [
            RateLimit::per(1, Duration::MAX).unwrap(),
            RateLimit::per(u32::MAX, Duration::from_nanos(1)).unwrap(),
            RateLimit::per_minute(1).unwrap().burst(u32::MAX).unwrap(),
        ] {
            assert!(Limiter::new(&limit).take().is_ok(), "{limit:?}");
        }
        let once = Limiter::new(&RateLimit::per(1, Duration::MAX).unwrap());
        assert!(once.take().is_ok());
        assert!(once.take().is_err());
    }
}
