//! What a statement is called, and what it is selected by.

mod dialect;
mod reading;
mod words;

#[cfg(test)]
mod tests;

use chaos_core::Operation;

use crate::driver::Subject;
pub(crate) use dialect::Dialect;
use reading::{Reading, is_one_of};

/// What an operation is called, and what it is selected by.
///
/// Made on the stack, because most operations are let through.
#[derive(Clone, Copy)]
pub(crate) struct Name {
    text: [u8; LONGEST],
    verb: usize,
    len: usize,
    access: Option<Access>,
}

/// Names longer than this are those of their verbs.
const LONGEST: usize = 96;

/// What a statement does to rows; nothing, if it is about the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// It only reads them.
    Read,
    /// It writes them, or changes what they are.
    Write,
}

impl Name {
    /// The name of an operation that is no statement.
    pub(crate) fn of(verb: &str) -> Self {
        let mut name = Self {
            text: [0; LONGEST],
            verb: 0,
            len: 0,
            access: None,
        };
        name.push(verb.as_bytes());
        name.verb = name.len;
        name
    }

    /// The name of a statement: its verb, and its table when that is plain.
    pub(crate) fn of_statement(sql: &str, dialect: Dialect) -> Self {
        let reading = Reading::of(sql, dialect);
        let mut name = Self::of(known_as(reading.verb.unwrap_or("SQL")));
        name.text[..name.len].make_ascii_uppercase();
        name.access = reading.access;
        if let Some(table) = reading.table
            && name.len + 1 + table.len() <= LONGEST
        {
            name.push(b" ");
            name.push(table.as_bytes());
        }
        name
    }

    fn push(&mut self, bytes: &[u8]) {
        let len = bytes.len().min(LONGEST - self.len);
        self.text[self.len..self.len + len].copy_from_slice(&bytes[..len]);
        self.len += len;
    }

    fn text(&self, range: std::ops::Range<usize>) -> &str {
        // Only what was cut in the midst of a character is none.
        str::from_utf8(&self.text[range]).unwrap_or("SQL")
    }

    pub(crate) fn as_str(&self) -> &str {
        self.text(0..self.len)
    }

    fn verb(&self) -> &str {
        self.text(0..self.verb)
    }

    fn table(&self) -> Option<&str> {
        (self.len > self.verb).then(|| self.text(self.verb + 1..self.len))
    }

    /// The statement, as its database sees it.
    pub(crate) fn subject(&self) -> Subject<'_> {
        Subject {
            verb: self.verb(),
            table: self.table(),
            access: self.access,
        }
    }

    /// Shows the operation that has this name.
    pub(crate) fn with_operation<R>(&self, look: impl FnOnce(&Operation<'_>) -> R) -> R {
        let mut attributes = [("verb", self.verb()); 3];
        let mut len = 1;
        let table = self.table().map(|table| ("table", table));
        let access = self.access.map(|access| ("access", access.name()));
        for attribute in [table, access].into_iter().flatten() {
            attributes[len] = attribute;
            len += 1;
        }
        look(&Operation::new(self.as_str()).attributes(&attributes[..len]))
    }
}

impl Access {
    fn of(verb: &str) -> Option<Self> {
        if is_one_of(verb, READS) {
            Some(Self::Read)
        } else if is_one_of(verb, OF_THE_SESSION) {
            None
        } else {
            Some(Self::Write)
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// The word for what several words stand for.
fn known_as(verb: &str) -> &str {
    if is_one_of(verb, &["START"]) {
        "BEGIN"
    } else if is_one_of(verb, &["END"]) {
        "COMMIT"
    } else {
        verb
    }
}

const READS: &[&str] = &[
    "SELECT", "VALUES", "WITH", "TABLE", "SHOW", "EXPLAIN", "DESCRIBE", "DESC", "PRAGMA", "FETCH",
];

const OF_THE_SESSION: &[&str] = &[
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
