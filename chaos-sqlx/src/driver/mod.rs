//! What differs between databases: how each of them fails, sleeps and is locked.

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
mod supported_faults;

use std::time::Duration;

use chaos_core::Failure;
use chaos_core::adapter::Support;
use sqlx::{Connection, Database, Error};

use crate::sql::{Dialect, StatementInfo};
pub(crate) use supported_faults::{ACQUIRE, SET_STATEMENT, SupportedFaults, WITHOUT_ROWS};

/// What differs between databases.
pub trait Driver: Database {
    /// The faults that the database supports.
    const SUPPORT: Support;

    /// The dialect of its statements.
    const DIALECT: Dialect;

    /// Makes the database fail on this connection, in place of a statement.
    ///
    /// Never called for [`Failure::Reset`] and [`Failure::Closed`], which end the connection without the database.
    fn fail<'c>(
        connection: &'c mut Self::Connection,
        failure: Failure,
        statement: &'c StatementInfo<'c>,
    ) -> impl Future<Output = InjectedError> + Send + 'c;

    /// Makes the server sleep in the session of this connection.
    fn sleep(
        connection: &mut Self::Connection,
        time: Duration,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Locks the database from another connection, which keeps the lock until it is closed.
    ///
    /// Returns the error of the caller's statement where another connection can't lock the database.
    fn lock(
        options: &<Self::Connection as Connection>::Options,
    ) -> impl Future<Output = Result<Self::Connection, Error>> + Send;
}

/// The result of making the database fail in place of a statement.
#[derive(Debug)]
pub struct InjectedError {
    /// The error that the caller gets.
    pub error: Error,
    /// The state of the connection after the error.
    pub session: Session,
}

/// The state of a connection after an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Session {
    /// The connection can be used, whatever the state of its transaction.
    Usable,
    /// The server has ended the session.
    Ended,
}

/// A database whose pool a [`ChaosPool`](crate::ChaosPool) can wrap: `Sqlite`, `Postgres` and `MySql`, each behind
/// its feature.
#[diagnostic::on_unimplemented(
    message = "chaos-sqlx does not wrap pools of `{Self}`, or its feature for that database is off",
    label = "turn on the feature of chaos-sqlx for this database",
    note = "none is on by default: the features `postgres`, `mysql` and `sqlite` turn databases on: `chaos-sqlx = {{ version = \"0.1\", features = [\"postgres\"] }}`"
)]
pub trait ChaosDatabase: Driver {}

#[cfg(feature = "mysql")]
impl ChaosDatabase for sqlx::MySql {}
#[cfg(feature = "postgres")]
impl ChaosDatabase for sqlx::Postgres {}
#[cfg(feature = "sqlite")]
impl ChaosDatabase for sqlx::Sqlite {}

/// Logs that a failure is injected as an internal error, because this version does not know it.
fn log_unknown(failure: Failure) {
    tracing::error!(%failure, "an unknown failure is injected as an internal error of the database");
}
