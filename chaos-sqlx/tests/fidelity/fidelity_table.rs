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
     The database is really closed; a database in memory is lost with its last connection.",
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
    "The server raises it: a `PgDatabaseError` with the real code, kind, severity, message, hint, schema and table, \
     and with a constraint of this kind that the table really has. The transaction ends up as after the real error. \
     `where` (a PL/pgSQL block), `routine`, `file` and `line` (which sqlx shows in the text of the error) differ; \
     `detail` and `position` are missing.",
);

const NO_REAL_FAILURE: Fidelity = Imitation("There is no real failure to compare with.");

const NO_DATABASE_LOCK: Fidelity = Unsupported(
    "The database can't be locked as a whole; `server_sleep` holds the locks of the caller.",
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
            "`INSERT`, `UPDATE` and `DELETE` are really refused. For other statements the server raises the error, \
             with the differences listed in note 1.",
        ),
        TableRow::DiskFull => Imitation(
            "The server raises it, with the differences listed in note 1; the file in the message is invented.",
        ),
        TableRow::DeadlockOfCommit | TableRow::Internal => NO_REAL_FAILURE,
        TableRow::HoldLock => NO_DATABASE_LOCK,
        TableRow::AcquireFails => Imitation(
            "Like a server that refuses connections or has too many. When a connection is reset or closed while it \
             is opened, or a login is refused, the real pool returns that error at once.",
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
            "Like a server that refuses connections. When a server has too many (1040, 1226), a connection is reset \
             or closed while it is opened, or a login is refused, the real pool returns that error at once.",
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
