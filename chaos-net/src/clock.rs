//! The clock of the runtime, which a test may have paused.

use std::time::Instant;

/// The time on the clock of the current runtime.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Whether a time has come; that which is none never does.
pub(crate) fn has_come(due: Option<Instant>) -> bool {
    due.is_some_and(|due| due <= now())
}
