//! The part of a manager that running experiments use without keeping it alive.

use std::sync::Weak;

use super::duties::Sweep;
use super::inner::Inner;
use crate::guardian;
use crate::running::Supervisor;
use crate::waiters::Waiters;

/// Tidies up after running experiments without keeping their manager alive.
pub(super) struct Housekeeping {
    pub(super) manager: Weak<Inner>,
    /// Fires whenever an experiment may have settled.
    pub(super) settled: Waiters,
}

impl Supervisor for Housekeeping {
    fn tidy_up_soon(&self) {
        guardian::perform_soon(Sweep(Weak::clone(&self.manager)));
    }

    fn notify_settled(&self) {
        self.settled.notify_waiters();
    }
}
