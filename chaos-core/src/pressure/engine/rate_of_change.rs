//! How fast a count has lately grown.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Over which time it is taken.
pub(super) const WINDOW: Duration = Duration::from_millis(1_000);

/// How fast a count has lately grown.
pub(super) struct RateOfChange {
    seen: VecDeque<(Instant, u64)>,
    warm_up: Duration,
}

impl RateOfChange {
    /// Nothing is told of the first moments.
    pub(super) fn with_warm_up(warm_up: Duration) -> Self {
        Self {
            seen: VecDeque::new(),
            warm_up,
        }
    }

    /// How much it grows in a second, being so much `now`.
    pub(super) fn per_second(&mut self, now: Instant, count: u64) -> Option<f64> {
        self.seen.push_back((now, count));
        while self.seen.len() > 2 && now - self.seen[1].0 >= WINDOW {
            self.seen.pop_front();
        }
        let (since, before) = self.seen[0];
        let time = now - since;
        (time >= self.warm_up && !time.is_zero())
            .then(|| count.saturating_sub(before) as f64 / time.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_second_counts_and_nothing_is_told_of_the_first_moments() {
        let mut growth = RateOfChange::with_warm_up(Duration::from_millis(200));
        let start = Instant::now();
        let mut at = |milliseconds, count| {
            growth.per_second(start + Duration::from_millis(milliseconds), count)
        };
        assert_eq!(at(0, 0), None);
        assert_eq!(at(100, 70), None);
        assert_eq!(at(200, 100), Some(500.0));
        assert_eq!(at(1_000, 1_000), Some(1_000.0));
        // Since the look at 1000 ms: what came before it is no longer told.
        assert_eq!(at(2_000, 1_000), Some(0.0));
    }
}
