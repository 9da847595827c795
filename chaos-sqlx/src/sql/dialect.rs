//! The SQL dialect of a database.

/// The SQL dialect of a database, which decides how comments, strings and names are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    MySql,
    Postgres,
    Sqlite,
}
