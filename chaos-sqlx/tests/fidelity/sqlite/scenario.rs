//! How each failure is caused, really and by injection.

use std::time::Duration;

use chaos_sqlx::{Disconnect, Failure, Fault, Phase};
use sqlx::sqlite::SqliteJournalMode;

use super::test_database::{RealCause, TIMEOUT};
use crate::fidelity_table::TableRow;

/// How a failure is caused, really and by injection.
pub(super) struct Scenario {
    pub(super) journal: SqliteJournalMode,
    pub(super) busy_timeout: Duration,
    /// The statement before the failing one, in the same transaction.
    pub(super) before: &'static str,
    pub(super) cause: RealCause,
    /// The statement that really fails, if there is one.
    pub(super) really_failing: Option<&'static str>,
    /// The statement that fails by injection.
    pub(super) statement: &'static str,
    pub(super) fault: Fault,
    pub(super) phase: Phase,
}

const READ: &str = "SELECT * FROM notes";
const WRITE: &str = "INSERT INTO notes VALUES (3)";

impl Scenario {
    /// A write that fails after a successful write.
    fn new(fault: Fault, cause: RealCause) -> Self {
        Self {
            journal: SqliteJournalMode::Delete,
            busy_timeout: TIMEOUT,
            before: "INSERT INTO notes VALUES (2)",
            cause,
            really_failing: Some(WRITE),
            statement: WRITE,
            fault,
            phase: Phase::Before,
        }
    }

    fn error(failure: Failure, cause: RealCause) -> Self {
        Self::new(Fault::error(failure), cause)
    }

    /// Replaces the statement before the failing one.
    fn after(self, before: &'static str) -> Self {
        Self { before, ..self }
    }

    /// Replaces the failing statement.
    fn failing(self, statement: &'static str) -> Self {
        Self {
            really_failing: Some(statement),
            statement,
            ..self
        }
    }

    /// Replaces the statement that really fails.
    fn really_failing(self, statement: &'static str) -> Self {
        Self {
            really_failing: Some(statement),
            ..self
        }
    }

    /// A fault without a real failure to compare with.
    fn only_injected(fault: Fault) -> Self {
        Self {
            really_failing: None,
            ..Self::new(fault, RealCause::Statement)
        }
    }

    pub(super) fn of(row: TableRow) -> Option<Self> {
        Some(match row {
            TableRow::Deadlock => Self::error(
                Failure::Deadlock,
                // The neighbour waits for the caller's read lock, so the caller must not wait for the neighbour.
                RealCause::Neighbour("BEGIN IMMEDIATE; INSERT INTO others VALUES (1); COMMIT"),
            )
            .after(READ),
            TableRow::DeadlockOfCommit => Self {
                busy_timeout: Duration::ZERO,
                ..Self::error(
                    Failure::Deadlock,
                    RealCause::Neighbour("BEGIN; SELECT * FROM notes"),
                )
                .failing("COMMIT")
            },
            TableRow::SerializationConflict => Self {
                journal: SqliteJournalMode::Wal,
                ..Self::error(
                    Failure::SerializationConflict,
                    RealCause::Neighbour("INSERT INTO others VALUES (1)"),
                )
                .after(READ)
            },
            TableRow::UniqueViolation => {
                Self::error(Failure::UniqueViolation, RealCause::Statement)
                    .really_failing("INSERT INTO notes VALUES (1)")
            }
            TableRow::ForeignKeyViolation => {
                Self::error(Failure::ForeignKeyViolation, RealCause::Statement)
                    .failing("INSERT INTO replies VALUES (1, 1)")
                    .really_failing("INSERT INTO replies VALUES (1, 99)")
            }
            TableRow::CheckViolation => Self::error(Failure::CheckViolation, RealCause::Statement)
                .really_failing("INSERT INTO notes VALUES (0)"),
            TableRow::NotFound => Self::error(Failure::NotFound, RealCause::Statement)
                .failing("SELECT * FROM nowhere"),
            TableRow::QueryCancelled => Self::error(Failure::QueryCancelled, RealCause::Interrupt),
            TableRow::QueryCancelledOfRead => {
                Self::error(Failure::QueryCancelled, RealCause::Interrupt).failing(READ)
            }
            TableRow::Timeout => {
                let locked = RealCause::Neighbour("BEGIN IMMEDIATE");
                Self::new(Fault::timeout(TIMEOUT), locked).after("SELECT 1")
            }
            TableRow::HoldLock => {
                let locked = RealCause::Neighbour("BEGIN EXCLUSIVE");
                Self::new(Fault::hold_lock(), locked).after("SELECT 1")
            }
            TableRow::ReadOnly => Self::error(
                Failure::ReadOnly,
                RealCause::Caller("PRAGMA query_only = ON"),
            ),
            TableRow::DiskFull => Self::error(
                Failure::DiskFull,
                RealCause::Caller("PRAGMA max_page_count = 1"),
            )
            .failing("INSERT INTO others VALUES (zeroblob(100000))"),
            TableRow::Internal => Self::error(
                Failure::Internal,
                RealCause::Neighbour(
                    "PRAGMA writable_schema = ON;
                     UPDATE sqlite_schema SET rootpage = (
                         SELECT rootpage FROM sqlite_schema
                         WHERE type = 'index' AND tbl_name = 'others'
                     ) WHERE name = 'others';
                     PRAGMA schema_version = 99",
                ),
            )
            .after("SELECT 1")
            .failing("SELECT * FROM others"),
            TableRow::Unavailable => {
                Self::error(Failure::Unavailable, RealCause::NoJournal).after(READ)
            }
            TableRow::Reset => Self::only_injected(Fault::reset()),
            TableRow::Closed => Self::only_injected(Fault::error(Failure::Closed)),
            TableRow::ResetAfterRows => Self {
                phase: Phase::During,
                statement: READ,
                ..Self::only_injected(Fault::disconnect(Disconnect::ResetAfter(1)))
            },
            TableRow::ServerSleep | TableRow::AcquireFails | TableRow::HoldConnections => {
                return None;
            }
        })
    }
}
