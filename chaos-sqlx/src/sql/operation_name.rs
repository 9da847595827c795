//! Names of operations, such as `SELECT orders`, `COMMIT` or `acquire`.

use chaos_core::Operation;

use super::classifier::Classification;
use super::keywords::is_one_of;
use super::{Access, Dialect, StatementInfo};

/// The name of an operation, with the attributes that a blast radius can select.
///
/// Stored on the stack, because most operations turn out not to be injected into.
#[derive(Clone, Copy)]
pub(crate) struct OperationName {
    text: [u8; MAX_LEN],
    verb_len: usize,
    len: usize,
    access: Option<Access>,
}

/// The longest name; a statement whose name would be longer is named by its verb alone.
const MAX_LEN: usize = 96;

/// The name of text that has no valid verb.
const NO_VERB: &str = "SQL";

impl OperationName {
    /// Creates the name of an operation other than a statement.
    pub(crate) fn new(verb: &str) -> Self {
        let mut name = Self {
            text: [0; MAX_LEN],
            verb_len: 0,
            len: 0,
            access: None,
        };
        name.push(verb.as_bytes());
        name.verb_len = name.len;
        name
    }

    /// Creates the name of a statement: its verb, followed by its table if it uses exactly one.
    pub(crate) fn of_statement(sql: &str, dialect: Dialect) -> Self {
        let statement = Classification::of(sql, dialect);
        let mut name = Self::new(canonical_verb(statement.verb.unwrap_or(NO_VERB)));
        name.text[..name.len].make_ascii_uppercase();
        name.access = statement.access;
        if let Some(table) = statement.table
            && name.len + 1 + table.len() <= MAX_LEN
        {
            name.push(b" ");
            name.push(table.as_bytes());
        }
        name
    }

    fn push(&mut self, bytes: &[u8]) {
        let len = bytes.len().min(MAX_LEN - self.len);
        self.text[self.len..self.len + len].copy_from_slice(&bytes[..len]);
        self.len += len;
    }

    fn text(&self, range: std::ops::Range<usize>) -> &str {
        // Truncation may have split a character.
        str::from_utf8(&self.text[range]).unwrap_or(NO_VERB)
    }

    pub(crate) fn as_str(&self) -> &str {
        self.text(0..self.len)
    }

    fn verb(&self) -> &str {
        self.text(0..self.verb_len)
    }

    fn table(&self) -> Option<&str> {
        (self.len > self.verb_len).then(|| self.text(self.verb_len + 1..self.len))
    }

    pub(crate) fn statement(&self) -> StatementInfo<'_> {
        StatementInfo {
            verb: self.verb(),
            table: self.table(),
            access: self.access,
        }
    }

    /// Calls `f` with the core's view of the operation: its name and its attributes.
    pub(crate) fn with_operation<R>(&self, f: impl FnOnce(&Operation<'_>) -> R) -> R {
        let mut attributes = [("verb", self.verb()); 3];
        let mut len = 1;
        let table = self.table().map(|table| ("table", table));
        let access = self.access.map(|access| ("access", access.name()));
        for attribute in [table, access].into_iter().flatten() {
            attributes[len] = attribute;
            len += 1;
        }
        f(&Operation::new(self.as_str()).attributes(&attributes[..len]))
    }
}

/// Returns the usual spelling of verbs that have two.
fn canonical_verb(verb: &str) -> &str {
    if is_one_of(verb, &["START"]) {
        "BEGIN"
    } else if is_one_of(verb, &["END"]) {
        "COMMIT"
    } else {
        verb
    }
}
