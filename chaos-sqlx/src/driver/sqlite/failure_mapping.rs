//! Maps each failure to the nearest error of SQLite.

use chaos_core::{Failure, SqlState};

use super::provoke_error::ProvokedError;
use crate::driver::log_unknown;

pub(super) fn error_for_failure(failure: Failure) -> ProvokedError {
    match failure {
        Failure::Unavailable
        | Failure::Refused
        | Failure::TooManyConnections
        | Failure::CircuitOpen => ProvokedError::CannotOpen,
        // SQLite reports deadlocks and lock timeouts alike, and has no other limit that could be exceeded.
        Failure::Deadlock | Failure::TimedOut | Failure::Overloaded => ProvokedError::Busy,
        Failure::SerializationConflict => ProvokedError::BusySnapshot,
        Failure::UniqueViolation => ProvokedError::UniqueViolation,
        Failure::ForeignKeyViolation => ProvokedError::ForeignKeyViolation,
        Failure::CheckViolation => ProvokedError::CheckViolation,
        Failure::QueryCancelled => ProvokedError::Interrupted,
        Failure::ReadOnly | Failure::PermissionDenied => ProvokedError::ReadOnly,
        Failure::DiskFull => ProvokedError::DiskFull,
        Failure::NotFound => ProvokedError::NoSuchTable,
        Failure::SqlState(state) => error_for_state(state),
        // The codes of other protocols have no counterpart.
        Failure::Internal
        | Failure::Reset
        | Failure::Closed
        | Failure::Status(_)
        | Failure::Grpc(_) => ProvokedError::Corrupt,
        unknown => {
            log_unknown(unknown);
            ProvokedError::Corrupt
        }
    }
}

/// Maps a SQLSTATE, which SQLite itself does not use, to the error with this meaning.
fn error_for_state(state: SqlState) -> ProvokedError {
    match state.as_str() {
        "23505" => ProvokedError::UniqueViolation,
        "23503" => ProvokedError::ForeignKeyViolation,
        "23514" => ProvokedError::CheckViolation,
        "25006" | "42501" => ProvokedError::ReadOnly,
        "40001" => ProvokedError::BusySnapshot,
        "40P01" | "55P03" => ProvokedError::Busy,
        "42P01" => ProvokedError::NoSuchTable,
        "53100" => ProvokedError::DiskFull,
        "57014" => ProvokedError::Interrupted,
        code if code.starts_with("08") || code.starts_with("53") || code.starts_with("57P") => {
            ProvokedError::CannotOpen
        }
        _ => ProvokedError::Corrupt,
    }
}
