//! When a pressure has to be at its level, and when it ends.

use std::time::Duration;

/// The ramp of a pressure, and the time that it is held after that.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schedule {
    pub(super) ramp: Duration,
    pub(super) hold: Option<Duration>,
}

impl Schedule {
    /// Returns the share of the requested level that is due after `elapsed`.
    pub(super) fn target_share(self, elapsed: Duration) -> f64 {
        if self.ramp.is_zero() {
            return 1.0;
        }
        (elapsed.as_secs_f64() / self.ramp.as_secs_f64()).min(1.0)
    }

    /// Returns the time until the pressure ends by itself.
    pub(super) fn time_left(self, elapsed: Duration) -> Duration {
        self.hold.map_or(Duration::MAX, |hold| {
            self.ramp.saturating_add(hold).saturating_sub(elapsed)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hold_time_starts_after_the_ramp() {
        const HOUR: Duration = Duration::from_secs(3_600);
        let left = |ramp, hold| Schedule { ramp, hold }.time_left(Duration::ZERO);
        assert!(left(HOUR, Some(Duration::from_millis(1))) > HOUR / 2);
        assert_eq!(left(HOUR, None), Duration::MAX);
        assert_eq!(left(Duration::ZERO, Some(Duration::ZERO)), Duration::ZERO);
    }
}
