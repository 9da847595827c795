//! Postgres: the server itself raises the error, on the caller's own connection.

mod cause;
mod raise;
mod violation;

use std::time::Duration;

use cause::Cause;
use chaos_core::adapter::Support;
use chaos_core::{Failure, FaultKind, Phase};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgDatabaseError, PgSeverity};
use sqlx::{AssertSqlSafe, Error, Executor, Postgres};

use super::{Driver, EVERY_DATABASE, Failed, Left, Subject};
use crate::statement::Dialect;

impl Driver for Postgres {
    const SUPPORT: Support = EVERY_DATABASE.with(FaultKind::ServerSleep, Phase::Before);

    const DIALECT: Dialect = Dialect::Postgres;

    async fn fail(connection: &mut PgConnection, failure: Failure, about: &Subject<'_>) -> Failed {
        let cause = Cause::of(failure, about);
        let error = execute(connection, cause.sql(about), failure).await;
        if ends_the_session(&error) {
            return Failed {
                error,
                left: Left::Broken,
            };
        }
        if !cause.ends_the_session() {
            return Failed {
                error,
                left: Left::Usable,
            };
        }
        // An exception can't be fatal, and a transaction that is aborted takes no orders but this one.
        let end = format!("ROLLBACK; {}", Cause::TERMINATE);
        let end = execute(connection, end, failure).await;
        Failed {
            error: if cause.is_the_end() { end } else { error },
            left: Left::Broken,
        }
    }

    async fn sleep(connection: &mut PgConnection, time: Duration) -> Result<(), Error> {
        // Not prepared, so that the caller's statements stay in the connection's cache.
        let sql = format!("SELECT pg_catalog.pg_sleep({})", time.as_secs_f64());
        connection.execute(AssertSqlSafe(sql)).await.map(drop)
    }

    async fn lock(_: &PgConnectOptions) -> Result<PgConnection, Error> {
        Err(Error::InvalidArgument(
            "a Postgres database is not locked as a whole".to_owned(),
        ))
    }
}

/// Executes what has to fail.
async fn execute(connection: &mut PgConnection, sql: String, failure: Failure) -> Error {
    match connection.execute(AssertSqlSafe(sql)).await {
        Err(error) => error,
        Ok(_) => Error::Protocol(format!("the server did not fail with: {failure}")),
    }
}

/// Whether the server takes the connection away with this error.
fn ends_the_session(error: &Error) -> bool {
    match error {
        Error::Database(error) => error
            .try_downcast_ref::<PgDatabaseError>()
            .is_some_and(|error| matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic)),
        Error::Io(_) | Error::Tls(_) => true,
        _ => false,
    }
}
