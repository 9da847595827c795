//! Maps each failure to what the server does for it.

use chaos_core::{Failure, SqlState};

use super::error_condition::ErrorCondition;
use crate::driver::log_unknown;
use crate::sql::StatementInfo;

/// What the server does to fail a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ServerAction {
    /// Ends the session, as an administrator's `KILL` does.
    KillSession,
    /// Signals an error.
    Signal(ErrorCondition),
}

impl ServerAction {
    pub(super) fn for_failure(failure: Failure, statement: &StatementInfo<'_>) -> Self {
        Self::Signal(match failure {
            Failure::Unavailable
            | Failure::Refused
            | Failure::Reset
            | Failure::Closed
            | Failure::CircuitOpen => return Self::KillSession,
            Failure::SqlState(state) => return Self::for_state(state, statement),
            Failure::TimedOut => ErrorCondition::StatementTimeout,
            Failure::QueryCancelled => ErrorCondition::QueryKilled,
            Failure::ReadOnly => ErrorCondition::ReadOnlyServer,
            Failure::UniqueViolation => ErrorCondition::DuplicateKey,
            Failure::ForeignKeyViolation if statement.verb == "DELETE" => {
                ErrorCondition::StillReferenced
            }
            Failure::ForeignKeyViolation => ErrorCondition::ParentMissing,
            Failure::CheckViolation => ErrorCondition::CheckViolated,
            Failure::Deadlock | Failure::SerializationConflict => ErrorCondition::Deadlock,
            Failure::Overloaded => ErrorCondition::QuotaExceeded,
            Failure::TooManyConnections => ErrorCondition::TooManyConnections,
            Failure::DiskFull => ErrorCondition::TableFull,
            Failure::PermissionDenied => ErrorCondition::PermissionDenied,
            Failure::NotFound => ErrorCondition::NoSuchTable,
            // The codes of other protocols have no counterpart.
            Failure::Internal | Failure::Status(_) | Failure::Grpc(_) => ErrorCondition::Internal,
            unknown => {
                log_unknown(unknown);
                ErrorCondition::Internal
            }
        })
    }

    /// Maps SQLSTATEs that only Postgres uses to the failures that they stand for.
    fn for_state(state: SqlState, statement: &StatementInfo<'_>) -> Self {
        let failure = match state.as_str() {
            "57P01" => Failure::Unavailable,
            "40001" | "40P01" => Failure::Deadlock,
            "23000" | "23505" => Failure::UniqueViolation,
            "23503" => Failure::ForeignKeyViolation,
            "23514" => Failure::CheckViolation,
            "70100" | "57014" => Failure::QueryCancelled,
            "08004" | "53300" => Failure::TooManyConnections,
            "53100" => Failure::DiskFull,
            "42000" | "42501" => Failure::PermissionDenied,
            "42S02" | "42P01" => Failure::NotFound,
            _ => return Self::Signal(ErrorCondition::State(state)),
        };
        Self::for_failure(failure, statement)
    }

    /// Whether the real failure ends the session.
    pub(super) fn ends_session(self) -> bool {
        match self {
            Self::KillSession | Self::Signal(ErrorCondition::TooManyConnections) => true,
            // A server shutdown, and a refused login.
            Self::Signal(ErrorCondition::State(state)) => {
                matches!(state.as_str(), "08S01" | "28000")
            }
            Self::Signal(_) => false,
        }
    }
}
