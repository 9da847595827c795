//! Points in time, of which some are never reached.

use std::time::{Duration, Instant};

/// The time at which something is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    At(Instant),
    /// Beyond the range of the clock.
    Never,
}

impl Due {
    pub(crate) fn after(start: Instant, duration: Duration) -> Due {
        start.checked_add(duration).map_or(Due::Never, Due::At)
    }

    pub(crate) fn has_come(self, now: Instant) -> bool {
        self <= Due::At(now)
    }

    /// The point in time, if it ever comes.
    pub(crate) fn instant(self) -> Option<Instant> {
        match self {
            Due::At(at) => Some(at),
            Due::Never => None,
        }
    }

    /// The time until it is due; the longest there is for one that never comes.
    pub(crate) fn time_left(self, now: Instant) -> Duration {
        match self {
            Due::At(at) => at.saturating_duration_since(now),
            Due::Never => Duration::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_comes_after_its_duration() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let due = Due::after(start, second);
        assert!(!due.has_come(start));
        assert_eq!(due.time_left(start), second);
        assert!(due.has_come(start + second));
        assert_eq!(due.time_left(start + 2 * second), Duration::ZERO);
    }

    #[test]
    fn a_time_beyond_the_clock_never_comes() {
        let now = Instant::now();
        let due = Due::after(now, Duration::MAX);
        assert_eq!(due, Due::Never);
        assert!(!due.has_come(now + Duration::from_secs(1 << 40)));
        assert_eq!(due.time_left(now), Duration::MAX);
    }
}
