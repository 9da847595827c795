//! The errors that a server can be made to signal.

use chaos_core::SqlState;

/// An error that a server can be made to signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrorCondition {
    /// A deadlock, which MySQL also reports for serialization conflicts.
    Deadlock,
    /// A duplicate key.
    DuplicateKey,
    /// A foreign key without a parent row.
    ParentMissing,
    /// A parent row that is still referenced.
    StillReferenced,
    /// A violated `CHECK` constraint.
    CheckViolated,
    /// A query killed by another session.
    QueryKilled,
    /// An exceeded statement timeout.
    StatementTimeout,
    /// Too many connections.
    TooManyConnections,
    /// An exceeded resource limit of the user.
    QuotaExceeded,
    /// A server that runs read-only.
    ReadOnlyServer,
    /// A full table, as on a full disk.
    TableFull,
    /// A missing privilege.
    PermissionDenied,
    /// A missing table.
    NoSuchTable,
    /// An unknown error.
    Internal,
    /// Any other SQLSTATE.
    State(SqlState),
}
