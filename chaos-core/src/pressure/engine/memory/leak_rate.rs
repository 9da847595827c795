//! The growth of a leak.

use std::time::{Duration, Instant};

/// The time that a delayed leak may catch up on at once.
const MAX_BACKLOG: Duration = Duration::from_millis(200);

/// Limits the growth of a leak: an amount that could not be taken in time is not taken all at once later.
pub(super) struct LeakRate {
    bytes_per_second: u64,
    due: f64,
    last_sample: Option<Instant>,
}

impl LeakRate {
    pub(super) fn new(bytes_per_second: u64) -> Self {
        Self {
            bytes_per_second,
            due: 0.0,
            last_sample: None,
        }
    }

    /// Returns how many bytes are due now, given the target of the ramp and the bytes taken so far.
    pub(super) fn due(&mut self, target: u64, taken: u64, now: Instant) -> u64 {
        let rate = self.bytes_per_second as f64;
        // The first sample is limited by the target alone.
        let time = self.last_sample.map_or(MAX_BACKLOG, |last| now - last);
        self.last_sample = Some(now);
        let growth = rate * time.as_secs_f64();
        let maximum = taken as f64 + growth.max(rate * MAX_BACKLOG.as_secs_f64());
        self.due = (self.due + growth).min(maximum).min(target as f64);
        self.due as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    const INTERVAL: Duration = Duration::from_millis(10);

    #[test]
    fn a_leak_that_keeps_up_follows_its_target() {
        let mut leak = LeakRate::new(MIB);
        let mut now = Instant::now();
        let mut taken = 0;
        for sample in 1..=300 {
            now += INTERVAL;
            let target = MIB * sample / 100;
            taken = leak.due(target, taken, now);
            assert!(target - taken <= 1, "{taken} of {target}");
        }
    }

    #[test]
    fn memory_that_was_given_back_returns_at_the_rate() {
        let mut leak = LeakRate::new(MIB);
        let mut now = Instant::now();
        leak.due(MIB, 0, now);
        // Nothing is available for a while, and the target grows meanwhile.
        for _ in 0..500 {
            now += INTERVAL;
            leak.due(100 * MIB, MIB, now);
        }
        let mut taken = MIB;
        for _ in 0..200 {
            now += INTERVAL;
            taken = leak.due(100 * MIB, taken, now);
        }
        let grown = taken - MIB;
        assert!((2 * MIB..=2 * MIB + MIB / 4).contains(&grown), "{grown}");
    }

    #[test]
    fn infrequent_samples_do_not_slow_the_growth() {
        let mut leak = LeakRate::new(MIB);
        let mut now = Instant::now();
        let mut taken = leak.due(0, 0, now);
        for _ in 0..10 {
            now += Duration::from_secs(1);
            taken = leak.due(100 * MIB, taken, now);
        }
        assert!((10 * MIB - 10..=10 * MIB).contains(&taken), "{taken}");
    }
}
