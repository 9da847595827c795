//! The faults that were injected into a request.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The maximum number of recorded touches, so that a scope used for a whole load test stays small.
const MAX_KEPT: usize = 1_024;

/// One fault that was injected into a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Touch {
    /// The name of the experiment.
    pub experiment: Arc<str>,
    /// The name of the site.
    pub site: Arc<str>,
    /// The name of the operation, cut to 512 bytes.
    pub operation: Box<str>,
    /// The kind of the fault.
    pub fault: &'static str,
    /// The phase of the operation: before, during or after.
    pub phase: &'static str,
}

/// The faults that were injected into one request. It allocates nothing before the first one.
#[derive(Default)]
pub(super) struct Touched {
    kept: Mutex<Vec<Touch>>,
    count: AtomicU64,
}

impl Touched {
    pub(super) fn record(&self, touch: Touch) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MAX_KEPT {
            kept.push(touch);
        }
        self.count.fetch_add(1, Ordering::Release);
    }

    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    pub(super) fn to_vec(&self) -> Vec<Touch> {
        if self.count() == 0 {
            return Vec::new();
        }
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(operation: &str) -> Touch {
        Touch {
            experiment: "slow payments".into(),
            site: "payments".into(),
            operation: operation.into(),
            fault: "latency",
            phase: "before",
        }
    }

    #[test]
    fn touches_are_recorded_in_order() {
        let touched = Touched::default();
        assert_eq!(touched.count(), 0);
        assert_eq!(touched.to_vec(), []);
        touched.record(touch("a"));
        touched.record(touch("b"));
        assert_eq!(touched.count(), 2);
        assert_eq!(touched.to_vec(), [touch("a"), touch("b")]);
    }

    #[test]
    fn all_touches_are_counted_but_only_the_first_are_recorded() {
        let touched = Touched::default();
        touched.record(touch("first"));
        for _ in 0..MAX_KEPT {
            touched.record(touch("more"));
        }
        assert_eq!(touched.count(), 1_025);
        assert_eq!(touched.to_vec().len(), 1_024);
        assert_eq!(touched.to_vec()[0], touch("first"));
    }
}
