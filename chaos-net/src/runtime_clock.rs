//! The clock of the runtime, which a test may have paused.

use std::time::Instant;

/// Returns the time on the clock of the current runtime.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// True once a time has passed; `None` never passes.
pub(crate) fn has_passed(due: Option<Instant>) -> bool {
    due.is_some_and(|due| due <= now())
}
