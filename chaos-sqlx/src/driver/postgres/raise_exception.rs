//! `RAISE EXCEPTION`: deadlocks, serialization conflicts and other errors, with the server's own messages.

use std::borrow::Cow;

use chaos_core::SqlState;

use super::do_block::{do_block, string_literal};
use crate::sql::StatementInfo;

/// An error that is raised as an exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RaisedError {
    /// A deadlock.
    Deadlock,
    /// A serialization conflict with another transaction.
    SerializationConflict,
    /// Insufficient memory.
    OutOfMemory,
    /// Too many connections.
    TooManyConnections,
    /// A full disk.
    DiskFull,
    /// A missing privilege.
    PermissionDenied,
    /// A missing table.
    UndefinedTable,
    /// A write in a read-only transaction.
    ReadOnlyTransaction,
    /// An internal error.
    Internal,
    /// Any other SQLSTATE.
    State(SqlState),
}

impl RaisedError {
    pub(super) fn with_state(state: SqlState) -> Self {
        match state.as_str() {
            "40P01" => Self::Deadlock,
            "40001" => Self::SerializationConflict,
            "53200" => Self::OutOfMemory,
            "53300" => Self::TooManyConnections,
            "53100" => Self::DiskFull,
            "42501" => Self::PermissionDenied,
            "42P01" => Self::UndefinedTable,
            "XX000" => Self::Internal,
            _ => Self::State(state),
        }
    }

    /// Whether the server reports it only when it ends a session or refuses one.
    pub(super) fn is_fatal(self) -> bool {
        matches!(
            self.state(),
            "53300" | "57P02" | "57P03" | "57P04" | "57P05" | "25P03" | "25P04" | "28000" | "28P01"
        )
    }

    fn state(&self) -> &str {
        match self {
            Self::Deadlock => "40P01",
            Self::SerializationConflict => "40001",
            Self::OutOfMemory => "53200",
            Self::TooManyConnections => "53300",
            Self::DiskFull => "53100",
            Self::PermissionDenied => "42501",
            Self::UndefinedTable => "42P01",
            Self::ReadOnlyTransaction => "25006",
            Self::Internal => "XX000",
            Self::State(state) => state.as_str(),
        }
    }

    fn message(&self, statement: &StatementInfo<'_>) -> Option<Cow<'static, str>> {
        let table = statement.table.unwrap_or("relation");
        Some(match self {
            Self::Deadlock => "deadlock detected".into(),
            // A conflict that is detected at the commit has another cause.
            Self::SerializationConflict if statement.verb == "COMMIT" => {
                "could not serialize access due to read/write dependencies among transactions"
                    .into()
            }
            Self::SerializationConflict => {
                "could not serialize access due to concurrent update".into()
            }
            Self::OutOfMemory => "out of memory".into(),
            Self::TooManyConnections => "sorry, too many clients already".into(),
            Self::DiskFull => {
                "could not extend file \"base/16384/16385\": No space left on device".into()
            }
            Self::PermissionDenied => format!("permission denied for table {table}").into(),
            Self::UndefinedTable => format!("relation \"{table}\" does not exist").into(),
            Self::ReadOnlyTransaction => {
                let verb = match statement.verb {
                    "TRUNCATE" => "TRUNCATE TABLE",
                    verb => verb,
                };
                format!("cannot execute {verb} in a read-only transaction").into()
            }
            Self::Internal => "internal error".into(),
            Self::State(state) => message_of_state(state.as_str())?.into(),
        })
    }

    fn hint(self, statement: &StatementInfo<'_>) -> Option<&'static str> {
        Some(match self {
            Self::SerializationConflict if statement.verb == "COMMIT" => {
                "The transaction might succeed if retried."
            }
            Self::Deadlock => "See server log for query details.",
            Self::DiskFull => "Check free disk space.",
            Self::SerializationConflict
            | Self::OutOfMemory
            | Self::TooManyConnections
            | Self::PermissionDenied
            | Self::UndefinedTable
            | Self::ReadOnlyTransaction
            | Self::Internal
            | Self::State(_) => return None,
        })
    }

    /// Returns a statement that raises the error.
    pub(super) fn sql(self, statement: &StatementInfo<'_>) -> String {
        let mut raise = format!(
            "RAISE EXCEPTION USING ERRCODE = {}",
            string_literal(self.state())
        );
        // The server's default message is the state.
        if let Some(message) = self.message(statement) {
            raise += &format!(", MESSAGE = {}", string_literal(&message));
        }
        if let Some(hint) = self.hint(statement) {
            raise += &format!(", HINT = {}", string_literal(hint));
        }
        do_block(&format!("BEGIN {raise}; END"))
    }
}

/// Returns the most common message with a given SQLSTATE.
fn message_of_state(state: &str) -> Option<&'static str> {
    Some(match state {
        "08000" | "08003" | "08006" => "connection failure",
        "22001" => "value too long for type character varying",
        "22003" => "integer out of range",
        "22012" => "division by zero",
        "22P02" => "invalid input syntax for type integer",
        "23502" => "null value in column violates not-null constraint",
        "23P01" => "conflicting key value violates exclusion constraint",
        "25P02" => {
            "current transaction is aborted, commands ignored until end of transaction block"
        }
        "25P03" => "terminating connection due to idle-in-transaction timeout",
        "25P04" => "terminating connection due to transaction timeout",
        "28000" | "28P01" => "authentication failed",
        "42601" => "syntax error",
        "42703" => "column does not exist",
        "53000" => "insufficient resources",
        "53400" => "temporary file size exceeds temp_file_limit",
        "55006" => "object is being used by active queries in this session",
        "55P03" => "canceling statement due to lock timeout",
        "57P02" => "terminating connection because of crash of another server process",
        "57P03" => "the database system is starting up",
        "57P04" => "terminating connection because of database removal",
        "57P05" => "terminating connection due to idle-session timeout",
        "58030" => "could not read block: Input/output error",
        "XX001" => "invalid page in block",
        _ => return None,
    })
}
