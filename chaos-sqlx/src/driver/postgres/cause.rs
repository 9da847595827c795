//! What makes a server fail.

use chaos_core::{Failure, SqlState};

use super::raise::Condition;
use super::violation::Violation;
use crate::sql::StatementInfo;

/// What makes a server fail: the real cause where the caller's own session can bring it about by itself.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cause {
    /// The session is ended, as by an administrator.
    Terminated,
    /// The statement is cancelled, as by a user.
    Cancelled,
    /// The statement takes longer than it may.
    TimedOut,
    /// The statement writes where it may only read.
    ReadOnly,
    /// A row breaks a constraint.
    Violated(Violation),
    /// An exception with the server's words.
    Raised(Condition),
}

impl Cause {
    // The sleep is where the session notices its signal; without it the statement may be over before.
    pub(super) const TERMINATE: &str = "SELECT \
        pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid()), pg_catalog.pg_sleep(10)";

    const CANCEL: &str = "SELECT \
        pg_catalog.pg_cancel_backend(pg_catalog.pg_backend_pid()), pg_catalog.pg_sleep(10)";

    pub(super) fn of(failure: Failure, about: &StatementInfo<'_>) -> Self {
        match failure {
            Failure::Unavailable
            | Failure::Refused
            | Failure::Reset
            | Failure::Closed
            | Failure::CircuitOpen => Self::Terminated,
            Failure::TimedOut => Self::TimedOut,
            Failure::QueryCancelled => Self::Cancelled,
            Failure::ReadOnly => Self::ReadOnly,
            Failure::UniqueViolation => Self::Violated(Violation::Unique),
            Failure::ForeignKeyViolation => Self::Violated(Violation::of_foreign_key(about)),
            Failure::CheckViolation => Self::Violated(Violation::Check),
            Failure::Deadlock => Self::Raised(Condition::Deadlock),
            Failure::SerializationConflict => Self::Raised(Condition::Conflict),
            Failure::Overloaded => Self::Raised(Condition::OutOfMemory),
            Failure::TooManyConnections => Self::Raised(Condition::TooManyConnections),
            Failure::DiskFull => Self::Raised(Condition::DiskFull),
            Failure::PermissionDenied => Self::Raised(Condition::Denied),
            Failure::NotFound => Self::Raised(Condition::Undefined),
            Failure::SqlState(state) => Self::of_state(state, about),
            // Internal, and what speaks another protocol.
            _ => Self::Raised(Condition::Internal),
        }
    }

    fn of_state(state: SqlState, about: &StatementInfo<'_>) -> Self {
        match state.as_str() {
            "57P01" => Self::Terminated,
            "57014" => Self::Cancelled,
            "25006" => Self::ReadOnly,
            "23505" => Self::Violated(Violation::Unique),
            "23503" => Self::Violated(Violation::of_foreign_key(about)),
            "23514" => Self::Violated(Violation::Check),
            _ => Self::Raised(Condition::of_state(state)),
        }
    }

    /// What the caller's session has to execute.
    pub(super) fn sql(self, about: &StatementInfo<'_>) -> String {
        match self {
            Self::Terminated => Self::TERMINATE.to_owned(),
            Self::Cancelled => Self::CANCEL.to_owned(),
            // Several statements in one message are one transaction, so the failure takes the setting back.
            Self::TimedOut => {
                "SET LOCAL statement_timeout = '1ms'; SELECT pg_catalog.pg_sleep(10)".to_owned()
            }
            Self::ReadOnly => match nothing_written(about.verb) {
                Some(sql) => format!("SET LOCAL transaction_read_only = on; {sql}"),
                None => Condition::ReadOnly.sql(about),
            },
            Self::Violated(violation) => violation.sql(about),
            Self::Raised(condition) => condition.sql(about),
        }
    }

    /// Whether ending the session is all there is to it.
    pub(super) fn is_the_end(self) -> bool {
        matches!(self, Self::Terminated)
    }

    /// Whether no connection is left by the real failure.
    pub(super) fn ends_the_session(self) -> bool {
        match self {
            Self::Terminated => true,
            Self::Raised(condition) => condition.is_fatal(),
            Self::Cancelled | Self::TimedOut | Self::ReadOnly | Self::Violated(_) => false,
        }
    }
}

/// A statement that is refused where nothing may be written, before its permissions are looked at, and that writes
/// nothing anyway.
fn nothing_written(verb: &str) -> Option<&'static str> {
    match verb {
        "INSERT" | "WITH" => Some(
            "INSERT INTO pg_catalog.pg_description \
             SELECT * FROM pg_catalog.pg_description WHERE false",
        ),
        "UPDATE" => Some("UPDATE pg_catalog.pg_description SET objsubid = 0 WHERE false"),
        "DELETE" => Some("DELETE FROM pg_catalog.pg_description WHERE false"),
        _ => None,
    }
}
