//! Maps each failure to what the server does for it.

use chaos_core::{Failure, SqlState};

use super::constraint_violation::ConstraintKind;
use super::raise_exception::RaisedError;
use super::read_only::refused_write;
use crate::driver::log_unknown;
use crate::sql::StatementInfo;

/// What the server does to fail a statement: the real cause where the caller's session can bring it about by itself,
/// else an exception.
#[derive(Debug, Clone, Copy)]
pub(super) enum ServerAction {
    /// Ends the session, as an administrator does.
    TerminateSession,
    /// Cancels the statement, as a user does.
    CancelStatement,
    /// Exceeds a statement timeout.
    ExceedTimeout,
    /// Writes in a read-only transaction.
    WriteReadOnly,
    /// Raises the violation of one of the table's constraints.
    ViolateConstraint(ConstraintKind),
    /// Raises an exception with the server's own message.
    Raise(RaisedError),
}

impl ServerAction {
    // The session notices the signal while it sleeps; without a sleep, the statement may end before.
    pub(super) const TERMINATE_SESSION: &str = "SELECT \
        pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid()), pg_catalog.pg_sleep(10)";

    const CANCEL_STATEMENT: &str = "SELECT \
        pg_catalog.pg_cancel_backend(pg_catalog.pg_backend_pid()), pg_catalog.pg_sleep(10)";

    pub(super) fn for_failure(failure: Failure, statement: &StatementInfo<'_>) -> Self {
        match failure {
            Failure::Unavailable
            | Failure::Refused
            | Failure::Reset
            | Failure::Closed
            | Failure::CircuitOpen => Self::TerminateSession,
            Failure::TimedOut => Self::ExceedTimeout,
            Failure::QueryCancelled => Self::CancelStatement,
            Failure::ReadOnly => Self::WriteReadOnly,
            Failure::UniqueViolation => Self::ViolateConstraint(ConstraintKind::Unique),
            Failure::ForeignKeyViolation => {
                Self::ViolateConstraint(ConstraintKind::foreign_key(statement))
            }
            Failure::CheckViolation => Self::ViolateConstraint(ConstraintKind::Check),
            Failure::Deadlock => Self::Raise(RaisedError::Deadlock),
            Failure::SerializationConflict => Self::Raise(RaisedError::SerializationConflict),
            Failure::Overloaded => Self::Raise(RaisedError::OutOfMemory),
            Failure::TooManyConnections => Self::Raise(RaisedError::TooManyConnections),
            Failure::DiskFull => Self::Raise(RaisedError::DiskFull),
            Failure::PermissionDenied => Self::Raise(RaisedError::PermissionDenied),
            Failure::NotFound => Self::Raise(RaisedError::UndefinedTable),
            Failure::SqlState(state) => Self::for_state(state, statement),
            // The codes of other protocols have no counterpart.
            Failure::Internal | Failure::Status(_) | Failure::Grpc(_) => {
                Self::Raise(RaisedError::Internal)
            }
            unknown => {
                log_unknown(unknown);
                Self::Raise(RaisedError::Internal)
            }
        }
    }

    fn for_state(state: SqlState, statement: &StatementInfo<'_>) -> Self {
        match state.as_str() {
            "57P01" => Self::TerminateSession,
            "57014" => Self::CancelStatement,
            "25006" => Self::WriteReadOnly,
            "23505" => Self::ViolateConstraint(ConstraintKind::Unique),
            "23503" => Self::ViolateConstraint(ConstraintKind::foreign_key(statement)),
            "23514" => Self::ViolateConstraint(ConstraintKind::Check),
            _ => Self::Raise(RaisedError::with_state(state)),
        }
    }

    /// Returns the SQL that the caller's session executes to fail.
    pub(super) fn sql(self, statement: &StatementInfo<'_>) -> String {
        match self {
            Self::TerminateSession => Self::TERMINATE_SESSION.to_owned(),
            Self::CancelStatement => Self::CANCEL_STATEMENT.to_owned(),
            // Several statements in one message are one transaction, so the failure reverts the setting.
            Self::ExceedTimeout => {
                "SET LOCAL statement_timeout = '1ms'; SELECT pg_catalog.pg_sleep(10)".to_owned()
            }
            Self::WriteReadOnly => match refused_write(statement.verb) {
                Some(write) => format!("SET LOCAL transaction_read_only = on; {write}"),
                None => RaisedError::ReadOnlyTransaction.sql(statement),
            },
            Self::ViolateConstraint(kind) => kind.sql(statement),
            Self::Raise(error) => error.sql(statement),
        }
    }

    /// Whether the real failure ends the session.
    pub(super) fn ends_session(self) -> bool {
        match self {
            Self::TerminateSession => true,
            Self::Raise(error) => error.is_fatal(),
            Self::CancelStatement
            | Self::ExceedTimeout
            | Self::WriteReadOnly
            | Self::ViolateConstraint(_) => false,
        }
    }
}
