//! What makes a server fail.

use chaos_core::{Failure, SqlState};

use super::condition::Condition;
use crate::sql::StatementInfo;

/// What makes a server fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// The session is ended, as by an administrator.
    Killed,
    /// The session signals it.
    Signalled(Condition),
}

impl Cause {
    pub(super) fn of(failure: Failure, about: &StatementInfo<'_>) -> Self {
        Self::Signalled(match failure {
            Failure::Unavailable
            | Failure::Refused
            | Failure::Reset
            | Failure::Closed
            | Failure::CircuitOpen => return Self::Killed,
            Failure::SqlState(state) => return Self::of_state(state, about),
            Failure::TimedOut => Condition::TimedOut,
            Failure::QueryCancelled => Condition::Cancelled,
            Failure::ReadOnly => Condition::ReadOnly,
            Failure::UniqueViolation => Condition::Duplicate,
            Failure::ForeignKeyViolation if about.verb == "DELETE" => Condition::StillReferred,
            Failure::ForeignKeyViolation => Condition::NotReferred,
            Failure::CheckViolation => Condition::Check,
            Failure::Deadlock | Failure::SerializationConflict => Condition::Deadlock,
            Failure::Overloaded => Condition::Overloaded,
            Failure::TooManyConnections => Condition::TooManyConnections,
            Failure::DiskFull => Condition::DiskFull,
            Failure::PermissionDenied => Condition::Denied,
            Failure::NotFound => Condition::Undefined,
            // Internal, and what speaks another protocol.
            _ => Condition::Internal,
        })
    }

    /// States that only Postgres has mean the same failures here.
    fn of_state(state: SqlState, about: &StatementInfo<'_>) -> Self {
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
            _ => return Self::Signalled(Condition::State(state)),
        };
        Self::of(failure, about)
    }

    /// Whether no connection is left by the real failure.
    pub(super) fn ends_the_session(self) -> bool {
        match self {
            Self::Killed | Self::Signalled(Condition::TooManyConnections) => true,
            // A shutdown, and nobody is let in.
            Self::Signalled(Condition::State(state)) => {
                matches!(state.as_str(), "08S01" | "28000")
            }
            Self::Signalled(_) => false,
        }
    }
}
