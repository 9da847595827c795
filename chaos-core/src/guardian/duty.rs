//! Duties, which the guardian's threads perform at given times.

use std::time::Instant;

/// An action at a given time, on a thread of the guardian: it waits for nothing and runs no user code.
pub(crate) trait Duty: Send + Sync {
    /// Performs the action and returns when it is due again.
    fn perform(&self, now: Instant) -> Next;

    /// Does the work that other duties take precedence over, after the last `perform`.
    fn tidy(&self) {}

    /// Ends what the duty limits, because nothing is left to enforce limits.
    fn give_up(&self, _why: &str) {}
}

/// When a duty is due again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    At(Instant),
    Never,
}
