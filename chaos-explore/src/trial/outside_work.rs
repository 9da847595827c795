//! The work on replies that a trial's runtime can't observe, on a driver's thread or in a server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chaos_core::adapter::{Certainty, OutsideWork};

/// The number of replies that are being worked on outside of one runtime.
#[derive(Debug, Default)]
pub(crate) struct OutsideWorkCount {
    certain: AtomicUsize,
    possible: AtomicUsize,
}

/// Counts as work until it is dropped.
struct CountedWork {
    count: Arc<OutsideWorkCount>,
    certainty: Certainty,
}

impl OutsideWorkCount {
    /// Counts work until the result is dropped.
    pub(crate) fn start(self: &Arc<Self>, certainty: Certainty) -> OutsideWork {
        self.counter(certainty).fetch_add(1, Ordering::AcqRel);
        OutsideWork::new(CountedWork {
            count: Arc::clone(self),
            certainty,
        })
    }

    /// Returns how long the runtime must sleep before time may advance; `None` while work certainly goes on.
    pub(crate) fn idle_threshold(
        &self,
        usual: Duration,
        if_possible: Duration,
    ) -> Option<Duration> {
        if self.certain.load(Ordering::Acquire) > 0 {
            return None;
        }
        Some(match self.possible.load(Ordering::Acquire) {
            0 => usual,
            _ => if_possible,
        })
    }

    pub(crate) fn has_any(&self) -> bool {
        self.certain.load(Ordering::Acquire) + self.possible.load(Ordering::Acquire) > 0
    }

    fn counter(&self, certainty: Certainty) -> &AtomicUsize {
        match certainty {
            Certainty::Certain => &self.certain,
            Certainty::Possible => &self.possible,
        }
    }
}

impl Drop for CountedWork {
    fn drop(&mut self) {
        self.count
            .counter(self.certainty)
            .fetch_sub(1, Ordering::AcqRel);
    }
}
