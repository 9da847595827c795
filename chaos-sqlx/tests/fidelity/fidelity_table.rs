//! Which injected failures can't be told from the real ones, cell by cell: the one place that says so.

use Cell::{Equal, Imitation, Impossible};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row {
    Deadlock,
    DeadlockOfCommit,
    SerializationConflict,
    UniqueViolation,
    ForeignKeyViolation,
    CheckViolation,
    NotFound,
    QueryCancelled,
    QueryCancelledOfRead,
    Timeout,
    ReadOnly,
    DiskFull,
    Internal,
    Unavailable,
    Reset,
    Closed,
    ResetAfterRows,
    HoldLock,
    ServerSleep,
    AcquireFails,
    HoldConnections,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    Sqlite,
    Postgres,
    MySql,
}

/// How near an injected failure comes to the real one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cell {
    /// The caller can't tell them apart.
    Equal,
    /// The caller can, by this; or there is no real one.
    Imitation(&'static str),
    /// There is no such fault of this database, because of this.
    Impossible(&'static str),
}

const NO_SOCKET: Cell = Imitation(
    "There is no connection that could break: the error is the one of a server's client. The database is really \
     closed; one in memory is gone with its last connection.",
);

pub(crate) fn cell(row: Row, column: Column) -> Cell {
    match column {
        Column::Sqlite => sqlite(row),
        Column::Postgres => postgres(row),
        Column::MySql => mysql(row),
    }
}

fn sqlite(row: Row) -> Cell {
    match row {
        Row::Reset | Row::Closed | Row::ResetAfterRows => NO_SOCKET,
        Row::Internal => Imitation(
            "The damage does not last: the commit of a transaction that has met with a real one fails, too.",
        ),
        Row::ServerSleep => Impossible("There is no server."),
        _ => Equal,
    }
}

const RAISED: Cell = Imitation(
    "The server raises it: it is a `PgDatabaseError` with code, kind, severity, message, hint, schema and table as \
     they really are, and with a constraint of this kind that the table really has, and leaves the transaction as it \
     really does. What differs is `where` (a PL/pgSQL block), `routine`, `file` and `line` (which sqlx shows in the \
     text of the error), and there is no `detail` and no `position`.",
);

const NO_REAL_ONE: Cell = Imitation("There is no real one to compare with.");

const NO_LOCK_OF_ALL: Cell = Impossible(
    "There is no lock of the whole database; a sleep of the server holds those of the caller.",
);

fn postgres(row: Row) -> Cell {
    match row {
        Row::Deadlock
        | Row::SerializationConflict
        | Row::UniqueViolation
        | Row::ForeignKeyViolation
        | Row::CheckViolation
        | Row::NotFound => RAISED,
        Row::ReadOnly => Imitation(
            "`INSERT`, `UPDATE` and `DELETE` are really refused; for others the server raises it, and what differs is \
             what differs then.",
        ),
        Row::DiskFull => Imitation(
            "The server raises it, and what differs is what differs then; the file in the message is made up.",
        ),
        Row::DeadlockOfCommit | Row::Internal => NO_REAL_ONE,
        Row::HoldLock => NO_LOCK_OF_ALL,
        Row::AcquireFails => Imitation(
            "As of a server that refuses connections or has too many. Of a connection that is reset or closed while \
             it is opened, and of a client that is not let in, the pool really tells at once, and what it was.",
        ),
        _ => Equal,
    }
}

fn mysql(row: Row) -> Cell {
    match row {
        Row::UniqueViolation => {
            Imitation("The value in the message (`Duplicate entry '1' for key ..`) is made up.")
        }
        Row::DeadlockOfCommit | Row::Internal => NO_REAL_ONE,
        Row::HoldLock => NO_LOCK_OF_ALL,
        Row::AcquireFails => Imitation(
            "As of a server that refuses connections. Of one that has too many (1040, 1226), of a connection that is \
             reset or closed while it is opened, and of a client that is not let in, the pool really tells at once, \
             and what it was.",
        ),
        _ => Equal,
    }
}

impl Row {
    pub(crate) const ALL: [Self; 21] = [
        Self::Deadlock,
        Self::DeadlockOfCommit,
        Self::SerializationConflict,
        Self::UniqueViolation,
        Self::ForeignKeyViolation,
        Self::CheckViolation,
        Self::NotFound,
        Self::QueryCancelled,
        Self::QueryCancelledOfRead,
        Self::Timeout,
        Self::ReadOnly,
        Self::DiskFull,
        Self::Internal,
        Self::Unavailable,
        Self::Reset,
        Self::Closed,
        Self::ResetAfterRows,
        Self::HoldLock,
        Self::ServerSleep,
        Self::AcquireFails,
        Self::HoldConnections,
    ];
}

impl Column {
    pub(crate) const ALL: [Self; 3] = [Self::Sqlite, Self::Postgres, Self::MySql];
}
