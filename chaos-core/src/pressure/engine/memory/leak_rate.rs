//! How fast a leak grows.

use std::time::{Duration, Instant};

/// How much a leak that was kept from growing may catch up with at once.
const BEHIND: Duration = Duration::from_millis(200);

/// How fast a leak grows: what it could not take in time does not come all at once later.
pub(super) struct LeakRate {
    bytes_per_second: u64,
    due: f64,
    looked: Option<Instant>,
}

impl LeakRate {
    pub(super) fn of(bytes_per_second: u64) -> Self {
        Self {
            bytes_per_second,
            due: 0.0,
            looked: None,
        }
    }

    /// How much is to be there now, of so much that is wanted and so much that there is.
    pub(super) fn due(&mut self, wanted: u64, there: u64, now: Instant) -> u64 {
        let rate = self.bytes_per_second as f64;
        // The first moment grows by nothing but what is wanted by then.
        let time = self.looked.map_or(BEHIND, |looked| now - looked);
        self.looked = Some(now);
        let grown = rate * time.as_secs_f64();
        let most = there as f64 + grown.max(rate * BEHIND.as_secs_f64());
        self.due = (self.due + grown).min(most).min(wanted as f64);
        self.due as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    const LOOK: Duration = Duration::from_millis(10);

    #[test]
    fn what_is_wanted_is_due_while_it_keeps_up() {
        let mut pace = LeakRate::of(MIB);
        let mut now = Instant::now();
        let mut there = 0;
        for look in 1..=300 {
            now += LOOK;
            let wanted = MIB * look / 100;
            there = pace.due(wanted, there, now);
            assert!(wanted - there <= 1, "{there} of {wanted}");
        }
    }

    #[test]
    fn what_was_given_back_comes_again_at_the_rate() {
        let mut pace = LeakRate::of(MIB);
        let mut now = Instant::now();
        pace.due(MIB, 0, now);
        // Nothing can be had for a while, and much is wanted meanwhile.
        for _ in 0..500 {
            now += LOOK;
            pace.due(100 * MIB, MIB, now);
        }
        let mut there = MIB;
        for _ in 0..200 {
            now += LOOK;
            there = pace.due(100 * MIB, there, now);
        }
        let grown = there - MIB;
        assert!((2 * MIB..=2 * MIB + MIB / 4).contains(&grown), "{grown}");
    }

    #[test]
    fn one_that_looks_seldom_grows_no_slower() {
        let mut pace = LeakRate::of(MIB);
        let mut now = Instant::now();
        let mut there = pace.due(0, 0, now);
        for _ in 0..10 {
            now += Duration::from_secs(1);
            there = pace.due(100 * MIB, there, now);
        }
        assert!((10 * MIB - 10..=10 * MIB).contains(&there), "{there}");
    }
}
