//! Declares, for each fault and database, how an injected failure compares with the real one.

use Fidelity::{Equal, Imitation, Unsupported};

/// A row of the table: a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TableRow {
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

/// A column of the table: a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TableColumn {
    Sqlite,
    Postgres,
    MySql,
}

/// How an injected failure compares with the real one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fidelity {
    /// The caller can't tell them apart.
    Equal,
    /// The caller can tell them apart by this, or there is no real failure.
    Imitation(&'static str),
    /// The database does not support the fault, for this reason.
    Unsupported(&'static str),
}

const NO_SOCKET: Fidelity = Imitation(
    "There is no network connection to break: the error is the one that a client of a database server would get. \
     The SQLite connection is closed; an in-memory database is lost with its last connection.",
);

pub(crate) fn declared_fidelity(row: TableRow, column: TableColumn) -> Fidelity {
    match column {
        TableColumn::Sqlite => sqlite(row),
        TableColumn::Postgres => postgres(row),
        TableColumn::MySql => mysql(row),
    }
}

fn sqlite(row: TableRow) -> Fidelity {
    match row {
        TableRow::Reset | TableRow::Closed | TableRow::ResetAfterRows => NO_SOCKET,
        TableRow::Internal => Imitation(
            "The corruption does not last; after real corruption, the commit would fail too.",
        ),
        TableRow::ServerSleep => Unsupported("There is no server."),
        _ => Equal,
    }
}

const RAISED: Fidelity = Imitation(
    "The server raises the error: a `PgDatabaseError` with the real code, kind, severity, message, hint, \
             schema and table. For a constraint violation, it names a constraint of that kind that exists on the \
             table. Afterwards, the transaction is in the same state as after the real error. `where` (a PL/pgSQL \
             block), `routine`, `file` and `line` differ (sqlx includes `line` in the error's text); `detail` and \
             `position` are missing.",
);

const NO_REAL_FAILURE: Fidelity = Imitation("There is no real failure to compare with.");

const NO_DATABASE_LOCK: Fidelity = Unsupported(
    "The database can't be locked as a whole; use `server_sleep`, during which the caller's own locks \
             stay held.",
);

fn postgres(row: TableRow) -> Fidelity {
    match row {
        TableRow::Deadlock
        | TableRow::SerializationConflict
        | TableRow::UniqueViolation
        | TableRow::ForeignKeyViolation
        | TableRow::CheckViolation
        | TableRow::NotFound => RAISED,
        TableRow::ReadOnly => Imitation(
            "For `INSERT`, `UPDATE` and `DELETE`, the server itself refuses a write in a read-only transaction. \
             For other statements it raises the error, with the differences listed in note 1.",
        ),
        TableRow::DiskFull => Imitation(
            "The server raises it, with the differences listed in note 1; the file in the message is invented.",
        ),
        TableRow::DeadlockOfCommit | TableRow::Internal => NO_REAL_FAILURE,
        TableRow::HoldLock => NO_DATABASE_LOCK,
        TableRow::AcquireFails => Imitation(
            "The pool behaves as it does when the server refuses connections or has reached its connection limit. \
             Other real failures reach the caller at once, with their own errors: a connection that is broken \
             while it is being opened, or a refused login.",
        ),
        _ => Equal,
    }
}

fn mysql(row: TableRow) -> Fidelity {
    match row {
        TableRow::UniqueViolation => {
            Imitation("The value in the message (`Duplicate entry '1' for key ..`) is invented.")
        }
        TableRow::DeadlockOfCommit | TableRow::Internal => NO_REAL_FAILURE,
        TableRow::HoldLock => NO_DATABASE_LOCK,
        TableRow::AcquireFails => Imitation(
            "The pool behaves as it does when the server refuses connections. Other real failures reach the \
             caller at once, with their own errors: too many connections (1040, 1226), a connection that is \
             broken while it is being opened, or a refused login.",
        ),
        _ => Equal,
    }
}

impl TableRow {
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

impl TableColumn {
    pub(crate) const ALL: [Self; 3] = [Self::Sqlite, Self::Postgres, Self::MySql];
}
