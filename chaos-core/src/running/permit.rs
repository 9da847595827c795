//! The right to hit one operation, given back however the operation ends.

use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

use super::Running;
use crate::cap_gate::{NotAdmitted, Occupancy};

/// Counts as one operation inside the gate until it is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct Permit {
    running: Arc<Running>,
    holder: Holder,
}

/// The holder of a permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// An operation that is polled when the experiment ends, and then leaves.
    Operation,
    /// Something that may not be polled for long or never again, such as an idle connection.
    ///
    /// It counts for the caps, but `halted` does not wait for it: it can't leave and has nothing to give back.
    Idle,
}

impl Permit {
    pub(crate) fn take(running: &Arc<Running>, holder: Holder) -> Result<Self, NotAdmitted> {
        running.gate().enter()?;
        if holder == Holder::Idle {
            // Entered first and left last, so idle permits never outnumber those inside.
            running.idle_permits().fetch_add(1, Ordering::AcqRel);
            // Closing the gate in between may have counted this permit as inside and not yet as idle.
            fence(Ordering::SeqCst);
            if !running.gate().is_open() {
                running.notify_settled();
            }
        }
        Ok(Self {
            running: Arc::clone(running),
            holder,
        })
    }

    pub(crate) fn running(&self) -> &Arc<Running> {
        &self.running
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let running = &self.running;
        if self.holder == Holder::Idle {
            running.idle_permits().fetch_sub(1, Ordering::AcqRel);
        }
        let emptied = running.gate().leave() == Occupancy::ClosedAndEmpty;
        if emptied || (!running.gate().is_open() && running.is_settled()) {
            running.notify_settled();
        }
    }
}
