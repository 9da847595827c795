//! The recent rate of change of a counter.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The time over which the rate is averaged.
pub(super) const WINDOW: Duration = Duration::from_millis(1_000);

/// The recent rate of change of a counter.
pub(super) struct RateOfChange {
    samples: VecDeque<(Instant, u64)>,
    warm_up: Duration,
}

impl RateOfChange {
    /// Starts measuring; there is no rate until the warm-up is over.
    pub(super) fn with_warm_up(warm_up: Duration) -> Self {
        Self {
            samples: VecDeque::new(),
            warm_up,
        }
    }

    /// Adds a sample and returns the increase per second.
    pub(super) fn per_second(&mut self, now: Instant, count: u64) -> Option<f64> {
        self.samples.push_back((now, count));
        while self.samples.len() > 2 && now - self.samples[1].0 >= WINDOW {
            self.samples.pop_front();
        }
        let (since, before) = self.samples[0];
        let time = now - since;
        (time >= self.warm_up && !time.is_zero())
            .then(|| count.saturating_sub(before) as f64 / time.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_covers_the_last_second_and_is_unknown_during_warm_up() {
        let mut rate = RateOfChange::with_warm_up(Duration::from_millis(200));
        let start = Instant::now();
        let mut at = |milliseconds, count| {
            rate.per_second(start + Duration::from_millis(milliseconds), count)
        };
        assert_eq!(at(0, 0), None);
        assert_eq!(at(100, 70), None);
        assert_eq!(at(200, 100), Some(500.0));
        assert_eq!(at(1_000, 1_000), Some(1_000.0));
        // Only the time since the sample at 1000 ms counts.
        assert_eq!(at(2_000, 1_000), Some(0.0));
    }
}
