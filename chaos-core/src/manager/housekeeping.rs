//! The part of a manager that running experiments use without keeping it alive.

use std::sync::Weak;

use tokio::sync::Notify;

use super::duties::Sweep;
use super::inner::Inner;
use crate::contain::contain;
use crate::guardian;
use crate::running::Supervisor;

/// Tidies up after running experiments without keeping their manager alive.
pub(super) struct Housekeeping {
    manager: Weak<Inner>,
    settled: Notify,
}

impl Housekeeping {
    pub(super) fn new(manager: Weak<Inner>) -> Self {
        Self {
            manager,
            settled: Notify::new(),
        }
    }

    /// Fires whenever an experiment may have settled.
    pub(super) fn settled(&self) -> &Notify {
        &self.settled
    }
}

impl Supervisor for Housekeeping {
    fn tidy_up_soon(&self) {
        guardian::perform_soon(Sweep(Weak::clone(&self.manager)));
    }

    fn notify_settled(&self) {
        contain(|| self.settled.notify_waiters());
    }
}
