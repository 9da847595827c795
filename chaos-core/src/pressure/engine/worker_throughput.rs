//! The recent throughput of worker threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::rate_of_change::RateOfChange;

/// A thread that has just started has had all of the processor or nothing, so the first rates would mislead.
const WARM_UP: Duration = Duration::from_millis(500);

/// The recent throughput of worker threads that each keep a counter.
pub(super) struct WorkerThroughput {
    counters: Vec<Arc<AtomicU64>>,
    rate: RateOfChange,
}

impl WorkerThroughput {
    pub(super) const SAMPLING_INTERVAL: Duration = Duration::from_millis(100);

    pub(super) fn new(workers: u32) -> Self {
        Self {
            counters: (0..workers).map(|_| Arc::default()).collect(),
            rate: RateOfChange::with_warm_up(WARM_UP),
        }
    }

    /// Returns the counter of each worker.
    pub(super) fn counters(&self) -> impl Iterator<Item = Arc<AtomicU64>> {
        self.counters.iter().map(Arc::clone)
    }

    /// Returns the current rate of all workers together.
    pub(super) fn per_second(&mut self) -> f64 {
        let counters = self.counters.iter();
        let total = counters
            .map(|counter| counter.load(Ordering::Relaxed))
            .sum();
        self.rate.per_second(Instant::now(), total).unwrap_or(0.0)
    }
}
