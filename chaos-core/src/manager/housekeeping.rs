//! The part of a manager that running experiments use without keeping it alive.

use std::sync::Weak;

use super::duties::Sweep;
use super::inner::Inner;
use crate::guardian;
use crate::running::Supervisor;
use crate::waiters::Waiters;

/// Tidies up after running experiments without keeping their manager alive.
pub(super) struct Housekeeping {
    manager: Weak<Inner>,
    settled: Waiters,
}

impl Housekeeping {
    pub(super) fn new(manager: Weak<Inner>) -> Self {
        Self {
            manager,
            settled: Waiters::default(),
        }
    }

    /// Fires whenever an experiment may have settled.
    pub(super) fn settled(&self) -> &Waiters {
        &self.settled
    }
}

impl Supervisor for Housekeeping {
    fn tidy_up_soon(&self) {
        guardian::perform_soon(Sweep(Weak::clone(&self.manager)));
    }

    fn notify_settled(&self) {
        self.settled.notify_waiters();
    }
}
