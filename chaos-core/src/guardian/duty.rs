//! Duties, which the guardian's thread performs at given times.

use std::time::Instant;

/// An action at a given time, on the guardian's thread.
pub(crate) trait Duty: Send + Sync {
    /// Performs the action and returns when it is due again.
    fn perform(&self, now: Instant) -> Next;

    /// Does work of lower priority than all other duties, after the last `perform`.
    fn tidy(&self) {}
}

/// When a duty is due again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    At(Instant),
    Never,
}
