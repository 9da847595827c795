//! The right to treat one operation, given back however the treatment ends.

use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

use crate::gate::{Left, Shut};
use crate::running::Running;

/// Held while an operation is treated.
#[derive(Debug)]
#[must_use]
pub(crate) struct Permit {
    running: Arc<Running>,
    holder: Holder,
}

/// Who holds a permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// Something that is polled when the experiment ends, and then leaves.
    Operation,
    /// Something that may not be polled for long, or never again: a connection on which nothing moves, a service that
    /// was not ready.
    ///
    /// It counts for the caps, but nobody waits for it after the end: it can't leave, and has nothing to give back.
    Idler,
}

impl Permit {
    pub(crate) fn take(running: &Arc<Running>, holder: Holder) -> Result<Self, Shut> {
        running.gate().enter()?;
        if holder == Holder::Idler {
            // After it entered, and it leaves in the other order: there are never more of them than are inside.
            running.idlers().fetch_add(1, Ordering::AcqRel);
            // Whoever closed the gate in between may have seen it inside and not yet among the idlers.
            fence(Ordering::SeqCst);
            if !running.gate().is_open() {
                running.left_empty();
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
        if self.holder == Holder::Idler {
            running.idlers().fetch_sub(1, Ordering::AcqRel);
        }
        let emptied = running.gate().leave() == Left::Empty;
        if emptied || (!running.gate().is_open() && running.is_settled()) {
            running.left_empty();
        }
    }
}
