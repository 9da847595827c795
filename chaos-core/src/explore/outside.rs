//! Work that goes on where the runtime of a run can't see it: on a driver's thread, in a server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::compiled::CompiledIn;

/// What works for one runtime without its knowledge.
#[derive(Debug, Default)]
pub(crate) struct Works {
    certain: AtomicUsize,
    perhaps: AtomicUsize,
}

/// Work for a caller that goes on where its runtime can't see it, until this is dropped.
///
/// The clock of an exploration stands still meanwhile. Adapters hold it while, and only while, an answer is on its way
/// from a thread or a server; never while they wait for time to pass.
#[derive(Debug)]
#[must_use = "the work is over when this is dropped"]
pub struct OutsideWork {
    works: Arc<Works>,
    certainty: Certainty,
    _compiled_in: CompiledIn,
}

/// Whether the work is known to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Certainty {
    Certain,
    Perhaps,
}

impl Works {
    pub(crate) fn begin(self: &Arc<Self>, compiled_in: CompiledIn) -> OutsideWork {
        OutsideWork::begin(self, Certainty::Certain, compiled_in)
    }

    pub(crate) fn perhaps_begin(self: &Arc<Self>, compiled_in: CompiledIn) -> OutsideWork {
        OutsideWork::begin(self, Certainty::Perhaps, compiled_in)
    }

    /// How long to wait before time moves on; none while something is certainly going on.
    pub(crate) fn patience(&self, usually: Duration, perhaps: Duration) -> Option<Duration> {
        if self.certain.load(Ordering::Acquire) > 0 {
            return None;
        }
        Some(match self.perhaps.load(Ordering::Acquire) {
            0 => usually,
            _ => perhaps,
        })
    }

    pub(crate) fn are_any(&self) -> bool {
        self.certain.load(Ordering::Acquire) + self.perhaps.load(Ordering::Acquire) > 0
    }

    fn count(&self, certainty: Certainty) -> &AtomicUsize {
        match certainty {
            Certainty::Certain => &self.certain,
            Certainty::Perhaps => &self.perhaps,
        }
    }
}

impl OutsideWork {
    fn begin(works: &Arc<Works>, certainty: Certainty, compiled_in: CompiledIn) -> Self {
        works.count(certainty).fetch_add(1, Ordering::AcqRel);
        Self {
            works: Arc::clone(works),
            certainty,
            _compiled_in: compiled_in,
        }
    }
}

impl Drop for OutsideWork {
    fn drop(&mut self) {
        self.works
            .count(self.certainty)
            .fetch_sub(1, Ordering::AcqRel);
    }
}
