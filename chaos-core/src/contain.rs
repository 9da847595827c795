//! Contains panics of foreign code, so that they end nothing but that code.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs foreign code; returns `None` if it panicked, which the panic hook has reported.
pub(crate) fn contain<R>(act: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(act)) {
        Ok(result) => Some(result),
        Err(payload) => {
            // The payload is foreign, too: dropping it may panic again, with another payload.
            if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                std::mem::forget(second);
            }
            None
        }
    }
}
