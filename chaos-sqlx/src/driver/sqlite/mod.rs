//! SQLite.
//!
//! SQLite runs inside this process, so no server can be made to fail. Instead, each error is provoked on a separate
//! database; the caller's transaction then suffers the effect that the error would have had on it.

mod failure_mapping;
mod lock_database;
mod provoke_error;
mod temporary_directory;

use std::time::Duration;

use chaos_core::adapter::Support;
use chaos_core::{Failure, FaultKind, Phase};
use failure_mapping::error_for_failure;
use lock_database::lock_database;
use provoke_error::ProvokedError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Error, Executor, Sqlite};

use super::supported_faults::ANY_DATABASE;
use super::{Driver, InjectedError, Session};
use crate::sql::{Access, Dialect, StatementInfo};

/// The table of provoked errors whose statement has no usable table.
const DEFAULT_TABLE: &str = "chaos";

impl Driver for Sqlite {
    const SUPPORT: Support = ANY_DATABASE.with(FaultKind::HoldLock, Phase::Before);

    const DIALECT: Dialect = Dialect::Sqlite;

    async fn fail<'c>(
        connection: &'c mut SqliteConnection,
        failure: Failure,
        statement: &'c StatementInfo<'c>,
    ) -> InjectedError {
        let provoked = error_for_failure(failure);
        let table = statement.table.filter(|table| !is_reserved(table));
        let error = provoked.provoke(table.unwrap_or(DEFAULT_TABLE)).await;
        if ends_transaction(provoked, statement)
            && let Err(error) = connection.execute("ROLLBACK").await
        {
            tracing::trace!(%error, "no transaction to roll back");
        }
        InjectedError {
            error,
            session: Session::Usable,
        }
    }

    async fn sleep(_: &mut SqliteConnection, _: Duration) -> Result<(), Error> {
        // Never called: `SUPPORT` does not include it.
        Ok(())
    }

    async fn lock(options: &SqliteConnectOptions) -> Result<SqliteConnection, Error> {
        match lock_database(options).await? {
            Some(locked) => Ok(locked),
            None => Err(ProvokedError::Busy.provoke(DEFAULT_TABLE).await),
        }
    }
}

/// Whether SQLite reserves this name, so that no table of this name can be created.
fn is_reserved(table: &str) -> bool {
    ["sqlite_", "pragma_"].iter().any(|reserved| {
        table
            .get(..reserved.len())
            .is_some_and(|prefix| prefix.eq_ignore_ascii_case(reserved))
    })
}

/// Whether the error ends the whole transaction; other errors undo only the failed statement.
fn ends_transaction(error: ProvokedError, statement: &StatementInfo<'_>) -> bool {
    match error {
        // True for statements that write one row; for larger ones, SQLite may undo only the statement.
        ProvokedError::DiskFull | ProvokedError::Interrupted => {
            statement.access == Some(Access::Write)
        }
        ProvokedError::UniqueViolation
        | ProvokedError::ForeignKeyViolation
        | ProvokedError::CheckViolation
        | ProvokedError::NoSuchTable
        | ProvokedError::ReadOnly
        | ProvokedError::Corrupt
        | ProvokedError::CannotOpen
        | ProvokedError::Busy
        | ProvokedError::BusySnapshot => false,
    }
}
