//! What workers have lately done, which each counts for itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::rate_of_change::RateOfChange;

/// The first moments say nothing yet: a thread that was just started has had all or nothing.
const FIRST: Duration = Duration::from_millis(500);

/// What workers have lately done.
pub(super) struct WorkerThroughput {
    counts: Vec<Arc<AtomicU64>>,
    growth: RateOfChange,
}

impl WorkerThroughput {
    /// How often it is to be looked.
    pub(super) const SAMPLING_INTERVAL: Duration = Duration::from_millis(100);

    pub(super) fn of(workers: u32) -> Self {
        Self {
            counts: (0..workers).map(|_| Arc::default()).collect(),
            growth: RateOfChange::with_warm_up(FIRST),
        }
    }

    /// What each worker counts in.
    pub(super) fn counts(&self) -> impl Iterator<Item = Arc<AtomicU64>> {
        self.counts.iter().map(Arc::clone)
    }

    /// How much they have done in a second, all together.
    pub(super) fn per_second(&mut self) -> f64 {
        let counts = self.counts.iter();
        let done = counts.map(|count| count.load(Ordering::Relaxed)).sum();
        let told = self.growth.per_second(Instant::now(), done);
        told.unwrap_or(0.0)
    }
}
