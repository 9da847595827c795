//! Whose SQL it is.

/// Whose SQL it is, where that matters to what is a comment, a text or a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    MySql,
    Postgres,
    Sqlite,
}
