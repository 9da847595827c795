//! The facts about a statement that a driver needs to fail it.

use super::Access;

/// A statement as its database sees it, so that an injected error can name the right table.
#[derive(Debug, Clone, Copy)]
pub struct StatementInfo<'a> {
    /// The verb in capitals, such as `INSERT`.
    pub verb: &'a str,
    /// The table, if the statement uses exactly one.
    pub table: Option<&'a str>,
    /// The access to rows; `None` for statements about the session.
    pub access: Option<Access>,
}
