//! Postgres: the server itself raises the error, on the caller's own connection.

mod constraint_violation;
mod do_block;
mod failure_mapping;
mod raise_exception;
mod read_only;

use std::time::Duration;

use chaos_core::adapter::Support;
use chaos_core::{Failure, FaultKind, Phase};
use failure_mapping::ServerAction;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgDatabaseError, PgSeverity};
use sqlx::{AssertSqlSafe, Error, Executor, Postgres};

use super::supported_faults::ANY_DATABASE;
use super::{Driver, InjectedError, Session};
use crate::sql::{Dialect, StatementInfo};

impl Driver for Postgres {
    const SUPPORT: Support = ANY_DATABASE.with(FaultKind::ServerSleep, Phase::Before);

    const DIALECT: Dialect = Dialect::Postgres;

    async fn fail(
        connection: &mut PgConnection,
        failure: Failure,
        statement: &StatementInfo<'_>,
    ) -> InjectedError {
        let action = ServerAction::for_failure(failure, statement);
        let error = execute_failing(connection, action.sql(statement), failure).await;
        if is_fatal(&error) {
            return InjectedError {
                error,
                session: Session::Ended,
            };
        }
        if !action.ends_session() {
            return InjectedError {
                error,
                session: Session::Usable,
            };
        }
        // An exception can't be fatal, and an aborted transaction accepts no other statement than `ROLLBACK`.
        let terminate = format!("ROLLBACK; {}", ServerAction::TERMINATE_SESSION);
        let terminated = execute_failing(connection, terminate, failure).await;
        let error = if matches!(action, ServerAction::TerminateSession) {
            terminated
        } else {
            error
        };
        InjectedError {
            error,
            session: Session::Ended,
        }
    }

    async fn sleep(connection: &mut PgConnection, time: Duration) -> Result<(), Error> {
        // Not prepared, to keep the caller's statements in the connection's cache.
        let sql = format!("SELECT pg_catalog.pg_sleep({})", time.as_secs_f64());
        connection.execute(AssertSqlSafe(sql)).await.map(drop)
    }

    async fn lock(_: &PgConnectOptions) -> Result<PgConnection, Error> {
        Err(Error::InvalidArgument(
            "a Postgres database can't be locked as a whole".to_owned(),
        ))
    }
}

/// Executes SQL that has to fail, and returns its error.
async fn execute_failing(connection: &mut PgConnection, sql: String, failure: Failure) -> Error {
    match connection.execute(AssertSqlSafe(sql)).await {
        Err(error) => error,
        Ok(_) => Error::Protocol(format!("the server did not fail with: {failure}")),
    }
}

/// Whether the server ends the session with this error.
fn is_fatal(error: &Error) -> bool {
    match error {
        Error::Database(error) => error
            .try_downcast_ref::<PgDatabaseError>()
            .is_some_and(|error| matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic)),
        Error::Io(_) | Error::Tls(_) => true,
        _ => false,
    }
}
