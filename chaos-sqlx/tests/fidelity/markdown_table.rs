//! Renders the declared table as the Markdown of the docs.

use std::fmt::Write as _;

use crate::fidelity_table::Fidelity::{Equal, Imitation, Unsupported};
use crate::fidelity_table::{TableColumn, TableRow, declared_fidelity};

pub(crate) fn markdown() -> String {
    let mut notes = Vec::new();
    let mut table = "| fault |".to_owned();
    for column in TableColumn::ALL {
        let _ = write!(table, " {} | |", column.text());
    }
    table += "\n|---|";
    table += &"---|---|".repeat(TableColumn::ALL.len());
    for row in TableRow::ALL {
        let _ = write!(table, "\n| {} |", row.text());
        for column in TableColumn::ALL {
            let _ = write!(table, " {} |", row.code(column));
            let _ = match declared_fidelity(row, column) {
                Equal => write!(table, " = |"),
                Imitation(differs) => write!(table, " ≈ ({}) |", number(&mut notes, differs)),
                Unsupported(why) => write!(table, " – ({}) |", number(&mut notes, why)),
            };
        }
    }
    table.push('\n');
    for (at, note) in notes.iter().enumerate() {
        let _ = write!(table, "\n{}. {note}", at + 1);
    }
    table.push('\n');
    table
}

/// Returns the number of a note, which is assigned at its first use.
fn number(notes: &mut Vec<&'static str>, note: &'static str) -> usize {
    let known = notes.iter().position(|known| *known == note);
    known.unwrap_or_else(|| {
        notes.push(note);
        notes.len() - 1
    }) + 1
}

impl TableRow {
    fn text(self) -> &'static str {
        match self {
            Self::Deadlock => "error `Deadlock`",
            Self::DeadlockOfCommit => "error `Deadlock` on `COMMIT`",
            Self::SerializationConflict => "error `SerializationConflict`",
            Self::UniqueViolation => "error `UniqueViolation`",
            Self::ForeignKeyViolation => "error `ForeignKeyViolation`",
            Self::CheckViolation => "error `CheckViolation`",
            Self::NotFound => "error `NotFound`",
            Self::QueryCancelled => "error `QueryCancelled` on a write",
            Self::QueryCancelledOfRead => "error `QueryCancelled` on a read",
            Self::Timeout => "timeout",
            Self::ReadOnly => "error `ReadOnly`",
            Self::DiskFull => "error `DiskFull`",
            Self::Internal => "error `Internal`",
            Self::Unavailable => "error `Unavailable`",
            Self::Reset => "reset",
            Self::Closed => "error `Closed`",
            Self::ResetAfterRows => "reset after some rows",
            Self::HoldLock => "`hold_lock`",
            Self::ServerSleep => "`server_sleep`",
            Self::AcquireFails => "any failure on `acquire`",
            Self::HoldConnections => "`hold_connections`",
        }
    }

    /// Returns the error that the caller gets, if it has a name.
    fn code(self, column: TableColumn) -> &'static str {
        match (column, self) {
            (_, Self::AcquireFails | Self::HoldConnections) => "`PoolTimedOut`",
            (_, Self::Reset | Self::ResetAfterRows) => "`ConnectionReset`",
            (_, Self::Closed) => "`UnexpectedEof`",
            (TableColumn::Sqlite, _) => self.sqlite(),
            (TableColumn::Postgres, _) => self.postgres(),
            (TableColumn::MySql, _) => self.mysql(),
        }
    }

    fn sqlite(self) -> &'static str {
        match self {
            Self::Deadlock | Self::DeadlockOfCommit => "`SQLITE_BUSY` (5), at once",
            Self::Timeout | Self::HoldLock => "`SQLITE_BUSY` (5), after its timeout",
            Self::SerializationConflict => "`SQLITE_BUSY_SNAPSHOT` (517)",
            Self::UniqueViolation => "`SQLITE_CONSTRAINT_UNIQUE` (2067)",
            Self::ForeignKeyViolation => "`SQLITE_CONSTRAINT_FOREIGNKEY` (787)",
            Self::CheckViolation => "`SQLITE_CONSTRAINT_CHECK` (275)",
            Self::NotFound => "`SQLITE_ERROR` (1), no such table",
            Self::QueryCancelled => "`SQLITE_INTERRUPT` (9), rolled back",
            Self::QueryCancelledOfRead => "`SQLITE_INTERRUPT` (9)",
            Self::ReadOnly => "`SQLITE_READONLY` (8)",
            Self::DiskFull => "`SQLITE_FULL` (13), rolled back",
            Self::Internal => "`SQLITE_CORRUPT` (11)",
            Self::Unavailable => "`SQLITE_CANTOPEN` (14)",
            _ => "",
        }
    }

    fn postgres(self) -> &'static str {
        match self {
            Self::Deadlock | Self::DeadlockOfCommit => "40P01, then 25P02",
            Self::SerializationConflict => "40001, then 25P02",
            Self::UniqueViolation => "23505, then 25P02",
            Self::ForeignKeyViolation => "23503, then 25P02",
            Self::CheckViolation => "23514, then 25P02",
            Self::NotFound => "42P01, then 25P02",
            Self::QueryCancelled | Self::QueryCancelledOfRead => {
                "57014 on user request, then 25P02"
            }
            Self::Timeout => "57014 by `statement_timeout`, then 25P02",
            Self::ReadOnly => "25006, then 25P02",
            Self::DiskFull => "53100, then 25P02",
            Self::Internal => "XX000, then 25P02",
            Self::Unavailable => "57P01, fatal; the session ends",
            Self::ServerSleep => "delayed, with its locks held",
            _ => "",
        }
    }

    fn mysql(self) -> &'static str {
        match self {
            Self::Deadlock | Self::DeadlockOfCommit | Self::SerializationConflict => {
                "1213 (40001), rolled back"
            }
            Self::UniqueViolation => "1062 (23000)",
            Self::ForeignKeyViolation => "1452 or 1451 (23000)",
            Self::CheckViolation => "4025 (23000); MySQL: 3819 (HY000)",
            Self::NotFound => "1146 (42S02)",
            Self::QueryCancelled | Self::QueryCancelledOfRead => "1317 (70100)",
            Self::Timeout => "1969 (70100); MySQL: 3024 (HY000)",
            Self::ReadOnly => "1290 (HY000)",
            Self::DiskFull => "1114 (HY000)",
            Self::Internal => "1105 (HY000)",
            Self::Unavailable => "`UnexpectedEof`; the session is killed",
            Self::ServerSleep => "delayed, with its locks held",
            _ => "",
        }
    }
}

impl TableColumn {
    fn text(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "Postgres",
            Self::MySql => "MySQL, MariaDB",
        }
    }
}
