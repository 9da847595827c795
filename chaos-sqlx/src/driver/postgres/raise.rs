//! Exceptions in the server's words.

use std::borrow::Cow;

use chaos_core::SqlState;

use crate::sql::StatementInfo;

/// What an exception is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    /// A transaction lost a deadlock.
    Deadlock,
    /// A transaction could not be serialised with another.
    Conflict,
    /// There is no memory left.
    OutOfMemory,
    /// There are no more connections to be had.
    TooManyConnections,
    /// There is no room to write.
    DiskFull,
    /// The caller may not touch the table.
    Denied,
    /// There is no such table.
    Undefined,
    /// This statement may only be executed where writing is allowed.
    ReadOnly,
    /// Something broke inside.
    Internal,
    /// Any other.
    State(SqlState),
}

impl Condition {
    pub(super) fn of_state(state: SqlState) -> Self {
        match state.as_str() {
            "40P01" => Self::Deadlock,
            "40001" => Self::Conflict,
            "53200" => Self::OutOfMemory,
            "53300" => Self::TooManyConnections,
            "53100" => Self::DiskFull,
            "42501" => Self::Denied,
            "42P01" => Self::Undefined,
            "XX000" => Self::Internal,
            _ => Self::State(state),
        }
    }

    /// Whether the server raises it only to end the session, or not to begin one.
    pub(super) fn is_fatal(self) -> bool {
        matches!(
            self.state(),
            "53300" | "57P02" | "57P03" | "57P04" | "57P05" | "25P03" | "25P04" | "28000" | "28P01"
        )
    }

    fn state(&self) -> &str {
        match self {
            Self::Deadlock => "40P01",
            Self::Conflict => "40001",
            Self::OutOfMemory => "53200",
            Self::TooManyConnections => "53300",
            Self::DiskFull => "53100",
            Self::Denied => "42501",
            Self::Undefined => "42P01",
            Self::ReadOnly => "25006",
            Self::Internal => "XX000",
            Self::State(state) => state.as_str(),
        }
    }

    fn message(&self, about: &StatementInfo<'_>) -> Option<Cow<'static, str>> {
        let table = about.table.unwrap_or("relation");
        Some(match self {
            Self::Deadlock => "deadlock detected".into(),
            // Found out only then, it is one of another kind.
            Self::Conflict if about.verb == "COMMIT" => {
                "could not serialize access due to read/write dependencies among transactions"
                    .into()
            }
            Self::Conflict => "could not serialize access due to concurrent update".into(),
            Self::OutOfMemory => "out of memory".into(),
            Self::TooManyConnections => "sorry, too many clients already".into(),
            Self::DiskFull => {
                "could not extend file \"base/16384/16385\": No space left on device".into()
            }
            Self::Denied => format!("permission denied for table {table}").into(),
            Self::Undefined => format!("relation \"{table}\" does not exist").into(),
            Self::ReadOnly => {
                let verb = match about.verb {
                    "TRUNCATE" => "TRUNCATE TABLE",
                    verb => verb,
                };
                format!("cannot execute {verb} in a read-only transaction").into()
            }
            Self::Internal => "internal error".into(),
            Self::State(state) => words(state.as_str())?.into(),
        })
    }

    fn hint(self, about: &StatementInfo<'_>) -> Option<&'static str> {
        Some(match self {
            Self::Conflict if about.verb == "COMMIT" => "The transaction might succeed if retried.",
            Self::Deadlock => "See server log for query details.",
            Self::DiskFull => "Check free disk space.",
            _ => return None,
        })
    }

    /// A block that raises it.
    pub(super) fn sql(self, about: &StatementInfo<'_>) -> String {
        let mut raise = format!("RAISE EXCEPTION USING ERRCODE = {}", literal(self.state()));
        // Without words the server takes its own, which is the state.
        if let Some(message) = self.message(about) {
            raise += &format!(", MESSAGE = {}", literal(&message));
        }
        if let Some(hint) = self.hint(about) {
            raise += &format!(", HINT = {}", literal(hint));
        }
        block(&format!("BEGIN {raise}; END"))
    }
}

/// What the server says for other states that applications look at.
fn words(state: &str) -> Option<&'static str> {
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

/// An anonymous block with this body.
pub(super) fn block(body: &str) -> String {
    format!("DO {}", literal(body))
}

/// The text as a literal, whatever `standard_conforming_strings` says.
pub(super) fn literal(text: &str) -> String {
    let text = text
        .replace('\0', "")
        .replace('\\', "\\\\")
        .replace('\'', "''");
    format!("E'{text}'")
}
