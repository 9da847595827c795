//! MySQL and MariaDB: the server itself signals the error, on the caller's own connection.

mod error_condition;
mod error_message;
mod failure_mapping;
mod server_info;
mod signal_error;
mod string_literal;

use std::io;
use std::time::Duration;

use chaos_core::adapter::Support;
use chaos_core::{Failure, FaultKind, Phase};
use failure_mapping::ServerAction;
use signal_error::signal_error;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{AssertSqlSafe, Error, Executor, MySql};

use super::supported_faults::ANY_DATABASE;
use super::{Driver, InjectedError, Session};
use crate::sql::{Dialect, StatementInfo};

impl Driver for MySql {
    const SUPPORT: Support = ANY_DATABASE.with(FaultKind::ServerSleep, Phase::Before);

    const DIALECT: Dialect = Dialect::MySql;

    async fn fail(
        connection: &mut MySqlConnection,
        failure: Failure,
        statement: &StatementInfo<'_>,
    ) -> InjectedError {
        let action = ServerAction::for_failure(failure, statement);
        let error = match action {
            ServerAction::KillSession => killed_session(),
            ServerAction::Signal(condition) => signal_error(connection, condition, statement).await,
        };
        let mut session = Session::Usable;
        if action.ends_session() || matches!(error, Error::Io(_)) {
            // `KILL` returns an error other than that of a session killed by another session.
            let _ = connection.execute("KILL CONNECTION_ID()").await;
            session = Session::Ended;
        }
        InjectedError { error, session }
    }

    async fn sleep(connection: &mut MySqlConnection, time: Duration) -> Result<(), Error> {
        // Not prepared, to keep the caller's statements in the connection's cache.
        let sql = format!("DO SLEEP({})", time.as_secs_f64());
        connection.execute(AssertSqlSafe(sql)).await.map(drop)
    }

    async fn lock(_: &MySqlConnectOptions) -> Result<MySqlConnection, Error> {
        Err(Error::InvalidArgument(
            "a MySQL database can't be locked as a whole".to_owned(),
        ))
    }
}

/// Returns the error of a client whose session is killed while it waits for a reply.
fn killed_session() -> Error {
    Error::Io(io::Error::new(
        io::ErrorKind::UnexpectedEof,
        "expected to read 4 bytes, got 0 bytes at EOF",
    ))
}
