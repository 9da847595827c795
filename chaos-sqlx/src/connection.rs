//! `ChaosConnection`: a connection whose statements can fail.

use std::fmt;

use futures_core::future::BoxFuture;
use sqlx::{Connection, Error, SqlSafeStr};
use sqlx_core::database::HasStatementCache;

use crate::driver::{ChaosDatabase, WITHOUT_ROWS};
use crate::operation::ActiveOperation;
use crate::sql::OperationName;
use crate::transaction::TransactionConnection;
use crate::wrapped::WrappedConnection;
use crate::{ChaosPoolConnection, ChaosTransaction};

/// A connection with faults injected.
///
/// A [`ChaosPoolConnection`](crate::ChaosPoolConnection) and a [`ChaosTransaction`] dereference to it: pass
/// `&mut *connection` or `&mut *transaction` as the `Executor` of a query, as with sqlx's own types.
pub struct ChaosConnection<DB: ChaosDatabase>(WrappedConnection<DB>);

impl<DB: ChaosDatabase> ChaosConnection<DB> {
    pub(crate) fn new(connection: WrappedConnection<DB>) -> Self {
        Self(connection)
    }

    #[cfg(feature = "postgres")]
    pub(crate) fn wrapped(&self) -> &WrappedConnection<DB> {
        &self.0
    }

    pub(crate) fn wrapped_mut(&mut self) -> &mut WrappedConnection<DB> {
        &mut self.0
    }

    /// Begins a transaction, or a savepoint if one is open.
    ///
    /// # Errors
    ///
    /// Those of sqlx, and the faults of `BEGIN`.
    pub async fn begin(&mut self) -> Result<ChaosTransaction<'_, DB>, Error> {
        ChaosTransaction::begin_on(TransactionConnection::Borrowed(self), None).await
    }

    /// Begins a transaction with a custom statement, such as `BEGIN IMMEDIATE`.
    ///
    /// # Errors
    ///
    /// Those of sqlx, and the faults of `BEGIN`.
    pub async fn begin_with(
        &mut self,
        statement: impl SqlSafeStr,
    ) -> Result<ChaosTransaction<'_, DB>, Error> {
        let statement = Some(statement.into_sql_str());
        ChaosTransaction::begin_on(TransactionConnection::Borrowed(self), statement).await
    }

    /// Runs a closure in a transaction, which is committed if the closure returns `Ok`, and otherwise rolled back.
    ///
    /// # Errors
    ///
    /// Those of the closure and of sqlx, and the faults of `BEGIN`, `COMMIT` and `ROLLBACK`.
    pub async fn transaction<F, R, E>(&mut self, callback: F) -> Result<R, E>
    where
        for<'c> F: FnOnce(&'c mut ChaosTransaction<'_, DB>) -> BoxFuture<'c, Result<R, E>>,
        E: From<Error>,
    {
        let mut transaction = self.begin().await?;
        let result = callback(&mut transaction).await;
        match &result {
            Ok(_) => transaction.commit().await?,
            Err(_) => transaction.rollback().await?,
        }
        result
    }

    /// Whether a transaction is open, according to sqlx.
    #[must_use]
    pub fn is_in_transaction(&self) -> bool {
        self.0.is_in_transaction()
    }

    /// Checks that the database replies.
    ///
    /// # Errors
    ///
    /// Those of sqlx if it does not, and the faults of `PING`.
    pub async fn ping(&mut self) -> Result<(), Error> {
        let ping = async |connection: &mut WrappedConnection<DB>| connection.raw()?.ping().await;
        let name = || OperationName::new("PING");
        match ActiveOperation::begin_on(&self.0, WITHOUT_ROWS, name) {
            None => ping(&mut self.0).await,
            Some(operation) => operation.into_inner().run(&mut self.0, ping).await,
        }
    }

    /// Returns the sqlx connection; faults never affect its statements.
    ///
    /// # Errors
    ///
    /// When a fault has ended the connection.
    pub fn bypass(&mut self) -> Result<&mut DB::Connection, Error> {
        self.0.raw()
    }

    /// Returns the number of prepared statements that sqlx keeps for this connection.
    #[must_use]
    pub fn cached_statements_size(&self) -> usize
    where
        DB: HasStatementCache,
    {
        let raw = self.0.raw_ref();
        raw.map_or(0, Connection::cached_statements_size)
    }

    /// Removes the prepared statements that sqlx keeps for this connection; faults never affect this.
    ///
    /// # Errors
    ///
    /// Those of sqlx.
    pub async fn clear_cached_statements(&mut self) -> Result<(), Error>
    where
        DB: HasStatementCache,
    {
        self.0.raw()?.clear_cached_statements().await
    }

    /// Releases the memory of sqlx's buffers that is not in use.
    pub fn shrink_buffers(&mut self) {
        if let Ok(raw) = self.0.raw() {
            raw.shrink_buffers();
        }
    }

    /// Closes the connection without waiting for the server.
    ///
    /// # Errors
    ///
    /// Those of sqlx.
    pub async fn close_hard(self) -> Result<(), Error> {
        self.0.close_hard().await
    }

    /// Closes the connection, and waits until it is closed.
    ///
    /// # Errors
    ///
    /// Those of sqlx.
    pub async fn close(self) -> Result<(), Error> {
        self.0.close().await
    }
}

/// For code such as `execute(connection.as_mut())`, whose statements faults affect.
impl<DB: ChaosDatabase> AsMut<Self> for ChaosConnection<DB> {
    fn as_mut(&mut self) -> &mut Self {
        self
    }
}

impl<DB: ChaosDatabase> AsRef<Self> for ChaosConnection<DB> {
    fn as_ref(&self) -> &Self {
        self
    }
}

macro_rules! as_connection {
    ($($wrapper:ty),*) => {$(
        impl<DB: ChaosDatabase> AsMut<ChaosConnection<DB>> for $wrapper {
            fn as_mut(&mut self) -> &mut ChaosConnection<DB> {
                self
            }
        }

        impl<DB: ChaosDatabase> AsRef<ChaosConnection<DB>> for $wrapper {
            fn as_ref(&self) -> &ChaosConnection<DB> {
                self
            }
        }
    )*};
}

as_connection!(ChaosPoolConnection<DB>, ChaosTransaction<'_, DB>);

impl<DB: ChaosDatabase> fmt::Debug for ChaosConnection<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChaosConnection")
            .field("database", &self.0.site().service())
            .field("is_broken", &self.0.is_ended())
            .finish_non_exhaustive()
    }
}
