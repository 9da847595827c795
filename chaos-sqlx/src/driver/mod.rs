//! What each database does of its own.

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::time::Duration;

use chaos_core::adapter::Support;
use chaos_core::{Failure, FaultKind, Phase};
use sqlx::{Connection, Database, Error};

use crate::statement::{Access, Dialect};

/// What every database can suffer.
///
/// A driver adds what only its own can.
pub(crate) const EVERY_DATABASE: Support = FOR_ANY_CALL
    .with(FaultKind::Latency, Phase::During)
    .with(FaultKind::Error, Phase::During)
    .with(FaultKind::Timeout, Phase::During)
    .with(FaultKind::Disconnect, Phase::During)
    .with(FaultKind::HoldConnections, Phase::Before);

/// What one kind of operation can suffer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Suffers {
    pub(crate) faults: Support,
    pub(crate) fails_as: fn(Failure) -> bool,
}

impl Suffers {
    pub(crate) const fn all(faults: Support) -> Self {
        Self {
            faults,
            fails_as: |_| true,
        }
    }
}

/// What an operation can suffer that has no rows.
pub(crate) const WITHOUT_ROWS: Suffers = Suffers::all(
    SETTING
        .faults
        .with(FaultKind::ServerSleep, Phase::Before)
        .with(FaultKind::HoldLock, Phase::Before),
);

/// What a setting can suffer: no other statement before it, for some have to be a transaction's first.
pub(crate) const SETTING: Suffers =
    Suffers::all(FOR_ANY_CALL.with(FaultKind::HoldConnections, Phase::Before));

/// What taking a connection can suffer: nothing that needs one, and no failure of a statement.
pub(crate) const ACQUIRE: Suffers = Suffers {
    faults: SETTING.faults,
    fails_as: is_of_connection,
};

/// Whether a database that fails so has no connection to give.
fn is_of_connection(failure: Failure) -> bool {
    match failure {
        Failure::Unavailable
        | Failure::Overloaded
        | Failure::Refused
        | Failure::Reset
        | Failure::Closed
        | Failure::TimedOut
        | Failure::CircuitOpen
        | Failure::TooManyConnections => true,
        Failure::SqlState(state) => ["08", "28", "3D", "53", "57P"]
            .iter()
            .any(|class| state.as_str().starts_with(class)),
        _ => false,
    }
}

const FOR_ANY_CALL: Support = Support::CALLS
    .with(FaultKind::Disconnect, Phase::Before)
    .with(FaultKind::Disconnect, Phase::After);

/// What a database does of its own.
pub trait Driver: Database {
    /// The faults that it can suffer.
    const SUPPORT: Support;

    /// How its statements are read.
    const DIALECT: Dialect;

    /// Has the database fail on this connection, as it would have failed the statement.
    ///
    /// Never asked for [`Failure::Reset`] or [`Failure::Closed`], which end the connection and need no database.
    fn fail<'c>(
        connection: &'c mut Self::Connection,
        failure: Failure,
        about: &'c Subject<'c>,
    ) -> impl Future<Output = Failed> + Send + 'c;

    /// Has the server sleep in the session of this connection.
    fn sleep(
        connection: &mut Self::Connection,
        time: Duration,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Locks the database from another connection, which keeps the lock for as long as it lives.
    ///
    /// An error is what the caller is told, where no other connection could lock its database.
    fn lock(
        options: &<Self::Connection as Connection>::Options,
    ) -> impl Future<Output = Result<Self::Connection, Error>> + Send;
}

/// The statement that fails.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Its verb in capitals, such as `INSERT`.
    pub verb: &'a str,
    /// Its table, when it is plain.
    pub table: Option<&'a str>,
    /// What it does to rows, if anything.
    pub access: Option<Access>,
}

/// How a database failed.
#[derive(Debug)]
pub struct Failed {
    /// What the caller is told.
    pub error: Error,
    /// What is left of the connection.
    pub left: Left,
}

/// What is left of a connection whose database failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// A connection, whatever has become of its transaction.
    Usable,
    /// Nothing: the server has ended the session.
    Broken,
}

/// A database whose pool a [`ChaosPool`](crate::ChaosPool) can wrap: `Sqlite`, `Postgres` and `MySql`, each behind
/// its feature.
pub trait ChaosDatabase: Driver {}

#[cfg(feature = "mysql")]
impl ChaosDatabase for sqlx::MySql {}
#[cfg(feature = "postgres")]
impl ChaosDatabase for sqlx::Postgres {}
#[cfg(feature = "sqlite")]
impl ChaosDatabase for sqlx::Sqlite {}
