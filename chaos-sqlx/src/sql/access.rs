//! Whether a statement reads or writes.

use super::keywords::is_one_of;

/// Whether a statement reads or writes; statements about the session do neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// The statement only reads rows.
    Read,
    /// The statement writes rows, or changes the schema.
    Write,
}

impl Access {
    /// Returns the access of a statement that starts with this verb.
    pub(super) fn of_verb(verb: &str) -> Option<Self> {
        if is_one_of(verb, READING_VERBS) {
            Some(Self::Read)
        } else if is_one_of(verb, SESSION_VERBS) {
            None
        } else {
            Some(Self::Write)
        }
    }

    /// Returns the value of the attribute `access`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

const READING_VERBS: &[&str] = &[
    "SELECT", "VALUES", "WITH", "TABLE", "SHOW", "EXPLAIN", "DESCRIBE", "DESC", "PRAGMA", "FETCH",
];

const SESSION_VERBS: &[&str] = &[
    "BEGIN",
    "START",
    "COMMIT",
    "END",
    "ROLLBACK",
    "SAVEPOINT",
    "RELEASE",
    "SET",
    "RESET",
    "USE",
    "LOCK",
    "UNLOCK",
    "LISTEN",
    "UNLISTEN",
    "NOTIFY",
    "DISCARD",
    "DEALLOCATE",
    "PREPARE",
    "ATTACH",
    "DETACH",
    "DECLARE",
    "CLOSE",
    "KILL",
];
