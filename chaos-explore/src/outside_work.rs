//! Work on answers that the runtime of a run can't see, on a driver's thread or in a server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chaos_core::adapter::{Certainty, OutsideWork};

/// The number of answers that are worked on out of sight of one runtime.
#[derive(Debug, Default)]
pub(crate) struct OutsideWorkCount {
    certain: AtomicUsize,
    possible: AtomicUsize,
}

/// Counts as work until it is dropped.
struct Note {
    count: Arc<OutsideWorkCount>,
    certainty: Certainty,
}

impl OutsideWorkCount {
    pub(crate) fn note(self: &Arc<Self>, certainty: Certainty) -> OutsideWork {
        self.of(certainty).fetch_add(1, Ordering::AcqRel);
        OutsideWork::new(Note {
            count: Arc::clone(self),
            certainty,
        })
    }

    /// How long to wait before time moves on; `None` while work certainly goes on.
    pub(crate) fn patience(&self, usually: Duration, possibly: Duration) -> Option<Duration> {
        if self.certain.load(Ordering::Acquire) > 0 {
            return None;
        }
        Some(match self.possible.load(Ordering::Acquire) {
            0 => usually,
            _ => possibly,
        })
    }

    pub(crate) fn has_any(&self) -> bool {
        self.certain.load(Ordering::Acquire) + self.possible.load(Ordering::Acquire) > 0
    }

    fn of(&self, certainty: Certainty) -> &AtomicUsize {
        match certainty {
            Certainty::Certain => &self.certain,
            Certainty::Possible => &self.possible,
        }
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        self.count.of(self.certainty).fetch_sub(1, Ordering::AcqRel);
    }
}
