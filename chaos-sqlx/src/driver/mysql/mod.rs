//! MySQL and MariaDB: the server itself signals the error, on the caller's own connection.

mod cause;
mod condition;
mod setting;
mod words;

use std::io;
use std::time::Duration;

use cause::Cause;
use chaos_core::adapter::Support;
use chaos_core::{Failure, FaultKind, Phase};
use condition::Condition;
use setting::Setting;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{AssertSqlSafe, Error, Executor, MySql};
use words::Words;

use super::{Driver, EVERY_DATABASE, Failed, Left, Subject};
use crate::statement::Dialect;

impl Driver for MySql {
    const SUPPORT: Support = EVERY_DATABASE.with(FaultKind::ServerSleep, Phase::Before);

    const DIALECT: Dialect = Dialect::MySql;

    async fn fail(
        connection: &mut MySqlConnection,
        failure: Failure,
        about: &Subject<'_>,
    ) -> Failed {
        let cause = Cause::of(failure, about);
        let error = match cause {
            Cause::Killed => cut_off(),
            Cause::Signalled(condition) => signal(connection, condition, about).await,
        };
        let mut left = Left::Usable;
        if cause.ends_the_session() || matches!(error, Error::Io(_)) {
            // Its own error is not what is seen by somebody who is killed by another.
            let _ = connection.execute("KILL CONNECTION_ID()").await;
            left = Left::Broken;
        }
        Failed { error, left }
    }

    async fn sleep(connection: &mut MySqlConnection, time: Duration) -> Result<(), Error> {
        // Not prepared, so that the caller's statements stay in the connection's cache.
        let sql = format!("DO SLEEP({})", time.as_secs_f64());
        connection.execute(AssertSqlSafe(sql)).await.map(drop)
    }

    async fn lock(_: &MySqlConnectOptions) -> Result<MySqlConnection, Error> {
        Err(Error::InvalidArgument(
            "a MySQL database is not locked as a whole".to_owned(),
        ))
    }
}

/// Has the server signal it.
async fn signal(
    connection: &mut MySqlConnection,
    condition: Condition,
    about: &Subject<'_>,
) -> Error {
    let setting = match Setting::of(connection, condition, about).await {
        Ok(setting) => setting,
        Err(error) => return error,
    };
    let words = Words::of(condition, &setting, about);
    let sql = match condition {
        // Nothing else takes the whole transaction with it, savepoints and all.
        Condition::Deadlock => format!("ROLLBACK; {}", words.signal(setting.server)),
        _ => words.signal(setting.server),
    };
    match connection.execute(AssertSqlSafe(sql)).await {
        Err(error) => error,
        Ok(_) => Error::Protocol(format!("the server did not signal {condition:?}")),
    }
}

/// What a caller gets whose session is killed while it waits for an answer.
fn cut_off() -> Error {
    Error::Io(io::Error::new(
        io::ErrorKind::UnexpectedEof,
        "expected to read 4 bytes, got 0 bytes at EOF",
    ))
}
