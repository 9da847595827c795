//! SQLite.
//!
//! It runs inside of this process, so nobody has to be asked to fail: each error is provoked on a database of our own,
//! and then has on the caller's transaction the effect that it would have had there.

mod lock;
mod provoke;

use std::time::Duration;

use chaos_core::adapter::Support;
use chaos_core::{Failure, FaultKind, Phase, SqlState};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Error, Executor, Sqlite};

use super::{Driver, EVERY_DATABASE, Failed, Left, Subject};
use crate::statement::{Access, Dialect};
use provoke::Provocation;

impl Driver for Sqlite {
    const SUPPORT: Support = EVERY_DATABASE.with(FaultKind::HoldLock, Phase::Before);

    const DIALECT: Dialect = Dialect::Sqlite;

    async fn fail<'c>(
        connection: &'c mut SqliteConnection,
        failure: Failure,
        about: &'c Subject<'c>,
    ) -> Failed {
        let provocation = provocation(failure);
        // Nobody may make a table of a name that is SQLite's own.
        let can_be_made = |table: &&str| {
            let prefix = |of: &str| {
                table
                    .get(..of.len())
                    .is_some_and(|is| is.eq_ignore_ascii_case(of))
            };
            !prefix("sqlite_") && !prefix("pragma_")
        };
        let table = about.table.filter(can_be_made).unwrap_or("chaos");
        let error = provocation.provoke(table).await;
        if provocation.ends_transaction(about)
            && let Err(error) = connection.execute("ROLLBACK").await
        {
            tracing::trace!(%error, "there was no transaction to be rolled back");
        }
        Failed {
            error,
            left: Left::Usable,
        }
    }

    async fn sleep(_: &mut SqliteConnection, _: Duration) -> Result<(), Error> {
        // There is no server; no site of ours says that there is.
        Ok(())
    }

    async fn lock(options: &SqliteConnectOptions) -> Result<SqliteConnection, Error> {
        match lock::lock(options).await? {
            Some(locked) => Ok(locked),
            None => Err(Provocation::Busy.provoke("chaos").await),
        }
    }
}

impl Provocation {
    /// Whether SQLite, which mostly undoes a failed statement only, ends the whole transaction with it.
    fn ends_transaction(self, about: &Subject<'_>) -> bool {
        match self {
            // Of statements that write one row; those that write more may be undone alone.
            Self::Full | Self::Interrupted => about.access == Some(Access::Write),
            _ => false,
        }
    }
}

/// What comes nearest to a failure.
fn provocation(failure: Failure) -> Provocation {
    match failure {
        Failure::Unavailable
        | Failure::Refused
        | Failure::TooManyConnections
        | Failure::CircuitOpen => Provocation::CannotOpen,
        // It is how SQLite tells of a deadlock, of any lock that does not come in time, and there is no other limit.
        Failure::Deadlock | Failure::TimedOut | Failure::Overloaded => Provocation::Busy,
        Failure::SerializationConflict => Provocation::BusySnapshot,
        Failure::UniqueViolation => Provocation::Unique,
        Failure::ForeignKeyViolation => Provocation::ForeignKey,
        Failure::CheckViolation => Provocation::Check,
        Failure::QueryCancelled => Provocation::Interrupted,
        Failure::ReadOnly | Failure::PermissionDenied => Provocation::ReadOnly,
        Failure::DiskFull => Provocation::Full,
        Failure::NotFound => Provocation::NoSuchTable,
        Failure::SqlState(state) => by_sql_state(state),
        _ => Provocation::Corrupt,
    }
}

/// What comes nearest to a code of the SQL standard, which SQLite does not use.
fn by_sql_state(state: SqlState) -> Provocation {
    match state.as_str() {
        "23505" => Provocation::Unique,
        "23503" => Provocation::ForeignKey,
        "23514" => Provocation::Check,
        "25006" | "42501" => Provocation::ReadOnly,
        "40001" => Provocation::BusySnapshot,
        "40P01" | "55P03" => Provocation::Busy,
        "42P01" => Provocation::NoSuchTable,
        "53100" => Provocation::Full,
        "57014" => Provocation::Interrupted,
        code if code.starts_with("08") || code.starts_with("53") || code.starts_with("57P") => {
            Provocation::CannotOpen
        }
        _ => Provocation::Corrupt,
    }
}
