//! The delays that operations really felt.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::Running;
use crate::delay;
use crate::status::DelayReached;

/// How long operations were delayed.
#[derive(Default)]
pub(crate) struct FeltDelays {
    /// In microseconds.
    histogram: Mutex<Option<Histogram<u64>>>,
    /// The number of operations that felt less than was injected.
    cut_short: AtomicU64,
}

impl FeltDelays {
    /// Two digits are enough to compare with what was asked for.
    const DIGITS: u8 = 2;
    /// A day, the longest time limit of an experiment outside of tests; longer delays count as this one.
    const LONGEST_MICROS: u64 = 86_400_000_000;

    fn record(&self, delay: Duration) {
        let micros = u64::try_from(delay.as_micros()).unwrap_or(u64::MAX);
        let mut histogram = self.lock();
        let histogram = histogram.get_or_insert_with(|| {
            Histogram::new_with_max(Self::LONGEST_MICROS, Self::DIGITS)
                .expect("the bound and the number of digits are valid")
        });
        histogram.saturating_record(micros);
    }

    /// What was felt so far, if any operation was delayed.
    pub(crate) fn reached(&self) -> Option<DelayReached> {
        let histogram = self.lock();
        let histogram = histogram.as_ref()?;
        let quantile = |q| Duration::from_micros(histogram.value_at_quantile(q));
        Some(DelayReached {
            operations: histogram.len(),
            cut_short: self.cut_short.load(Ordering::Relaxed),
            median: quantile(0.5),
            p99: quantile(0.99),
            longest: Duration::from_micros(histogram.max()),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<Histogram<u64>>> {
        self.histogram
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A delay that an operation feels until this is dropped, whether it waits to the end or gives up.
pub(crate) struct FeltDelay {
    running: Arc<Running>,
    began: Instant,
    injected: Duration,
}

impl FeltDelay {
    /// Begins a delay of this length, if it is one.
    pub(crate) fn begin(
        running: &Arc<Running>,
        began: Instant,
        injected: Duration,
    ) -> Option<Self> {
        (!injected.is_zero()).then(|| Self {
            running: Arc::clone(running),
            began,
            injected,
        })
    }
}

impl Drop for FeltDelay {
    fn drop(&mut self) {
        let felt = delay::now().saturating_duration_since(self.began);
        let delays = &self.running.felt_delays;
        delays.record(felt);
        if felt < self.injected {
            delays.cut_short.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_delay_and_the_quantiles_are_reported() {
        let felt = FeltDelays::default();
        assert_eq!(felt.reached(), None);
        (0..99).for_each(|_| felt.record(Duration::from_millis(10)));
        felt.record(Duration::from_secs(1));
        let reached = felt.reached().unwrap();
        assert_eq!(reached.operations, 100);
        let near =
            |delay: Duration, millis: u128| delay.as_millis().abs_diff(millis) <= millis / 50;
        assert!(
            near(reached.median, 10) && near(reached.longest, 1_000),
            "{reached:?}"
        );
    }
}
