//! The outcomes of treated and untreated operations, as a watcher reads them.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::human;
use crate::{SiteKind, outcome::Outcome};

/// The outcomes at one site, second by second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SiteOutcomes {
    /// The service of the site.
    pub service: String,
    /// The kind of the site.
    pub kind: SiteKind,
    /// The latest seconds with an outcome, oldest first.
    pub windows: Vec<OutcomeWindow>,
}

/// The outcomes of one second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OutcomeWindow {
    /// Its beginning.
    #[serde(with = "human::timestamp_text")]
    pub start: SystemTime,
    /// The operations in whose request a fault was injected.
    pub treated: OutcomeCounts,
    /// All other operations.
    pub untreated: OutcomeCounts,
}

/// The number of outcomes, and how long the operations took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OutcomeCounts {
    /// Successful operations.
    pub succeeded: u64,
    /// Failed operations.
    pub failed: u64,
    /// Successful operations that took longer than [`SLOW`](Self::SLOW).
    #[serde(default)]
    pub slow: u64,
    /// The number of operations up to each of the [bounds](Self::LATENCY_BOUNDS), then those beyond; not cumulative.
    pub latency: [u64; OutcomeCounts::LATENCY_BOUNDS.len() + 1],
}

impl OutcomeCounts {
    /// The upper bounds of the latencies that are counted together.
    pub const LATENCY_BOUNDS: [Duration; 14] = [
        Duration::from_millis(1),
        Duration::from_millis(2),
        Duration::from_millis(5),
        Duration::from_millis(10),
        Duration::from_millis(20),
        Duration::from_millis(50),
        Duration::from_millis(100),
        Duration::from_millis(200),
        Duration::from_millis(500),
        Duration::from_secs(1),
        Duration::from_secs(2),
        Duration::from_secs(5),
        Duration::from_secs(10),
        Duration::from_secs(30),
    ];

    /// The time beyond which a successful operation is slow.
    pub const SLOW: Duration = Duration::from_secs(1);

    pub(crate) fn add(&mut self, outcome: Outcome, took: Duration) {
        match outcome {
            Outcome::Success => {
                self.succeeded += 1;
                self.slow += u64::from(took > Self::SLOW);
            }
            Outcome::Failure => self.failed += 1,
        }
        let bucket = Self::LATENCY_BOUNDS.partition_point(|bound| *bound < took);
        self.latency[bucket] += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_is_counted_at_the_first_bound_that_it_does_not_exceed() {
        let mut counts = OutcomeCounts::default();
        counts.add(Outcome::Success, Duration::from_millis(1));
        counts.add(Outcome::Success, Duration::from_micros(1_001));
        counts.add(Outcome::Failure, Duration::from_secs(60));
        assert_eq!((counts.succeeded, counts.failed), (2, 1));
        assert_eq!(counts.latency[..2], [1, 1]);
        assert_eq!(counts.latency.last(), Some(&1));
    }

    #[test]
    fn a_success_is_slow_beyond_the_limit_and_a_failure_never_is() {
        let mut counts = OutcomeCounts::default();
        counts.add(Outcome::Success, OutcomeCounts::SLOW);
        counts.add(Outcome::Failure, OutcomeCounts::SLOW * 2);
        assert_eq!(counts.slow, 0);
        counts.add(
            Outcome::Success,
            OutcomeCounts::SLOW + Duration::from_millis(1),
        );
        assert_eq!((counts.slow, counts.succeeded), (1, 2));
    }
}
