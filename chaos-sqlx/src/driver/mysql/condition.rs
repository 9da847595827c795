//! What a server signals.

use chaos_core::SqlState;

/// What a server signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    /// A transaction lost a deadlock, or could not be serialised, which is the same here.
    Deadlock,
    /// A row with that key exists.
    Duplicate,
    /// A row that is referred to does not exist.
    NotReferred,
    /// A row is still referred to.
    StillReferred,
    /// A row breaks a check.
    Check,
    /// The statement is cancelled, as by a user.
    Cancelled,
    /// The statement takes longer than it may.
    TimedOut,
    /// There are no more connections to be had.
    TooManyConnections,
    /// The user has had all that is allowed.
    Overloaded,
    /// Nothing may be written on this server.
    ReadOnly,
    /// There is no room to write.
    DiskFull,
    /// The caller may not touch the table.
    Denied,
    /// There is no such table.
    Undefined,
    /// Something broke inside.
    Internal,
    /// Any other.
    State(SqlState),
}
