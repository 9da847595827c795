//! `ChaosConnection`: a connection whose statements can fail.

use std::fmt;

use sqlx::{Connection, Error, SqlSafeStr};

use crate::ChaosTransaction;
use crate::driver::{ChaosDatabase, WITHOUT_ROWS};
use crate::operation::ActiveOperation;
use crate::sql::OperationName;
use crate::transaction::TransactionConnection;
use crate::wrapped::WrappedConnection;

/// A connection with faults injected.
///
/// A [`ChaosPoolConnection`](crate::ChaosPoolConnection) and a [`ChaosTransaction`] dereference to it: pass
/// `&mut *connection` or `&mut *transaction` as the `Executor` of a query, as with sqlx's own types.
pub struct ChaosConnection<DB: ChaosDatabase>(WrappedConnection<DB>);

impl<DB: ChaosDatabase> ChaosConnection<DB> {
    pub(crate) fn new(connection: WrappedConnection<DB>) -> Self {
        Self(connection)
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
        match ActiveOperation::begin(self.0.site(), WITHOUT_ROWS, name) {
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

    /// Closes the connection, and waits until it is closed.
    ///
    /// # Errors
    ///
    /// Those of sqlx.
    pub async fn close(self) -> Result<(), Error> {
        self.0.close().await
    }
}

impl<DB: ChaosDatabase> fmt::Debug for ChaosConnection<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChaosConnection")
            .field("database", &self.0.site().service())
            .field("is_broken", &self.0.is_ended())
            .finish_non_exhaustive()
    }
}
