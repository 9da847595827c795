//! How each failure comes about, really and by us.

use std::time::Duration;

use chaos_sqlx::{Disconnect, Failure, Fault, Phase};
use sqlx::sqlite::SqliteJournalMode;

use super::stage::{PATIENCE, Trouble};
use crate::table::Row;

/// One failure: how it comes about, really and by us.
pub(super) struct Scene {
    pub(super) journal: SqliteJournalMode,
    pub(super) busy_timeout: Duration,
    /// What the caller does before it, within its transaction.
    pub(super) before: &'static str,
    pub(super) trouble: Trouble,
    /// The statement that really fails, if there is one.
    pub(super) really: Option<&'static str>,
    /// The one that would not, were it not for us.
    pub(super) statement: &'static str,
    pub(super) fault: Fault,
    pub(super) phase: Phase,
}

const READ: &str = "SELECT * FROM notes";
const WRITE: &str = "INSERT INTO notes VALUES (3)";

impl Scene {
    /// A write that is brought to fail after another.
    fn new(fault: Fault, trouble: Trouble) -> Self {
        Self {
            journal: SqliteJournalMode::Delete,
            busy_timeout: PATIENCE,
            before: "INSERT INTO notes VALUES (2)",
            trouble,
            really: Some(WRITE),
            statement: WRITE,
            fault,
            phase: Phase::Before,
        }
    }

    fn error(failure: Failure, trouble: Trouble) -> Self {
        Self::new(Fault::error(failure), trouble)
    }

    /// After what, in its transaction.
    fn after(self, before: &'static str) -> Self {
        Self { before, ..self }
    }

    /// What fails, be it really or by us.
    fn both(self, statement: &'static str) -> Self {
        Self {
            really: Some(statement),
            statement,
            ..self
        }
    }

    /// What fails by itself.
    fn really(self, statement: &'static str) -> Self {
        Self {
            really: Some(statement),
            ..self
        }
    }

    /// There is nothing that it could be compared with.
    fn never(fault: Fault) -> Self {
        Self {
            really: None,
            ..Self::new(fault, Trouble::Statement)
        }
    }

    pub(super) fn of(row: Row) -> Option<Self> {
        Some(match row {
            Row::Deadlock => Self::error(
                Failure::Deadlock,
                // It waits for the caller, who reads, so the caller must not wait for it.
                Trouble::Neighbour("BEGIN IMMEDIATE; INSERT INTO others VALUES (1); COMMIT"),
            )
            .after(READ),
            Row::DeadlockOfCommit => Self {
                busy_timeout: Duration::ZERO,
                ..Self::error(
                    Failure::Deadlock,
                    Trouble::Neighbour("BEGIN; SELECT * FROM notes"),
                )
                .both("COMMIT")
            },
            Row::SerializationConflict => Self {
                journal: SqliteJournalMode::Wal,
                ..Self::error(
                    Failure::SerializationConflict,
                    Trouble::Neighbour("INSERT INTO others VALUES (1)"),
                )
                .after(READ)
            },
            Row::UniqueViolation => Self::error(Failure::UniqueViolation, Trouble::Statement)
                .really("INSERT INTO notes VALUES (1)"),
            Row::ForeignKeyViolation => {
                Self::error(Failure::ForeignKeyViolation, Trouble::Statement)
                    .both("INSERT INTO replies VALUES (1, 1)")
                    .really("INSERT INTO replies VALUES (1, 99)")
            }
            Row::CheckViolation => Self::error(Failure::CheckViolation, Trouble::Statement)
                .really("INSERT INTO notes VALUES (0)"),
            Row::NotFound => {
                Self::error(Failure::NotFound, Trouble::Statement).both("SELECT * FROM nowhere")
            }
            Row::QueryCancelled => Self::error(Failure::QueryCancelled, Trouble::Interrupt),
            Row::QueryCancelledOfRead => {
                Self::error(Failure::QueryCancelled, Trouble::Interrupt).both(READ)
            }
            Row::Timeout => {
                let locked = Trouble::Neighbour("BEGIN IMMEDIATE");
                Self::new(Fault::timeout(PATIENCE), locked).after("SELECT 1")
            }
            Row::HoldLock => {
                let locked = Trouble::Neighbour("BEGIN EXCLUSIVE");
                Self::new(Fault::hold_lock(), locked).after("SELECT 1")
            }
            Row::ReadOnly => {
                Self::error(Failure::ReadOnly, Trouble::Caller("PRAGMA query_only = ON"))
            }
            Row::DiskFull => Self::error(
                Failure::DiskFull,
                Trouble::Caller("PRAGMA max_page_count = 1"),
            )
            .both("INSERT INTO others VALUES (zeroblob(100000))"),
            Row::Internal => Self::error(
                Failure::Internal,
                Trouble::Neighbour(
                    "PRAGMA writable_schema = ON;
                     UPDATE sqlite_schema SET rootpage = (
                         SELECT rootpage FROM sqlite_schema
                         WHERE type = 'index' AND tbl_name = 'others'
                     ) WHERE name = 'others';
                     PRAGMA schema_version = 99",
                ),
            )
            .after("SELECT 1")
            .both("SELECT * FROM others"),
            Row::Unavailable => Self::error(Failure::Unavailable, Trouble::NoJournal).after(READ),
            Row::Reset => Self::never(Fault::reset()),
            Row::Closed => Self::never(Fault::error(Failure::Closed)),
            Row::ResetAfterRows => Self {
                phase: Phase::During,
                statement: READ,
                ..Self::never(Fault::disconnect(Disconnect::ResetAfter(1)))
            },
            Row::ServerSleep | Row::AcquireFails | Row::HoldConnections => return None,
        })
    }
}
