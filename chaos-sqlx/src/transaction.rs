//! `ChaosTransaction`: a transaction whose `BEGIN`, statements, `COMMIT` and `ROLLBACK` can fail.

use std::fmt;
use std::ops::{Deref, DerefMut};

use sqlx::{Error, SqlStr};
use sqlx_core::transaction::TransactionManager;

use crate::ChaosConnection;
use crate::driver::{ChaosDatabase, WITHOUT_ROWS};
use crate::operation::ActiveOperation;
use crate::sql::OperationName;
use crate::wrapped::{Nesting, WrappedConnection};

/// A transaction, or a savepoint inside one, with faults injected.
///
/// When dropped, it is rolled back as in sqlx, without faults.
pub struct ChaosTransaction<'c, DB: ChaosDatabase> {
    connection: TransactionConnection<'c, DB>,
    is_open: bool,
    nesting: Nesting,
}

/// The connection of a transaction.
pub(crate) enum TransactionConnection<'c, DB: ChaosDatabase> {
    Owned(ChaosConnection<DB>),
    Borrowed(&'c mut ChaosConnection<DB>),
}

/// How a transaction ends.
#[derive(Debug, Clone, Copy)]
enum End {
    Commit,
    Rollback,
}

impl<'c, DB: ChaosDatabase> ChaosTransaction<'c, DB> {
    pub(crate) async fn begin_on(
        mut connection: TransactionConnection<'c, DB>,
        statement: Option<SqlStr>,
    ) -> Result<Self, Error> {
        let mut transaction = Self {
            nesting: connection.wrapped_mut().enter_transaction(),
            connection,
            is_open: false,
        };
        let Self {
            connection,
            is_open,
            ..
        } = &mut transaction;
        let begin = async |connection: &mut WrappedConnection<DB>| {
            let raw = connection.raw()?;
            // From here on the transaction may be open, even if this fails or is cancelled.
            *is_open = true;
            DB::TransactionManager::begin(raw, statement).await
        };
        let connection = connection.wrapped_mut();
        match begin_operation(connection, "BEGIN") {
            None => begin(connection).await?,
            Some(operation) => operation.into_inner().run(connection, begin).await?,
        }
        Ok(transaction)
    }

    /// Commits the transaction.
    ///
    /// # Errors
    ///
    /// Those of sqlx, and the faults of `COMMIT`: the transaction is rolled back after a fault before `COMMIT`, and
    /// committed in spite of one after it.
    pub async fn commit(self) -> Result<(), Error> {
        self.end(End::Commit).await
    }

    /// Rolls the transaction back.
    ///
    /// # Errors
    ///
    /// Those of sqlx, and the faults of `ROLLBACK`; the transaction is rolled back in spite of them.
    pub async fn rollback(self) -> Result<(), Error> {
        self.end(End::Rollback).await
    }

    async fn end(mut self, end: End) -> Result<(), Error> {
        let Self {
            connection,
            is_open,
            ..
        } = &mut self;
        let mut finish = async |connection: &mut WrappedConnection<DB>| {
            let raw = connection.raw()?;
            match end {
                End::Commit => DB::TransactionManager::commit(raw).await?,
                End::Rollback => DB::TransactionManager::rollback(raw).await?,
            }
            *is_open = false;
            Ok(())
        };
        let connection = connection.wrapped_mut();
        match begin_operation(connection, end.name()) {
            None => finish(connection).await,
            Some(operation) => operation.into_inner().run(connection, finish).await,
        }
    }
}

fn begin_operation<DB: ChaosDatabase>(
    connection: &WrappedConnection<DB>,
    name: &'static str,
) -> Option<chaos_core::adapter::Armed<ActiveOperation>> {
    ActiveOperation::begin_on(connection, WITHOUT_ROWS, || OperationName::new(name))
}

impl End {
    fn name(self) -> &'static str {
        match self {
            Self::Commit => "COMMIT",
            Self::Rollback => "ROLLBACK",
        }
    }
}

impl<DB: ChaosDatabase> Drop for ChaosTransaction<'_, DB> {
    fn drop(&mut self) {
        if self.is_open
            && let Ok(raw) = self.connection.wrapped_mut().raw()
        {
            DB::TransactionManager::start_rollback(raw);
        }
        self.connection
            .wrapped_mut()
            .leave_transaction(self.nesting);
    }
}

impl<DB: ChaosDatabase> Deref for ChaosTransaction<'_, DB> {
    type Target = ChaosConnection<DB>;

    fn deref(&self) -> &Self::Target {
        match &self.connection {
            TransactionConnection::Owned(connection) => connection,
            TransactionConnection::Borrowed(connection) => connection,
        }
    }
}

impl<DB: ChaosDatabase> DerefMut for ChaosTransaction<'_, DB> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.connection.get_mut()
    }
}

impl<DB: ChaosDatabase> fmt::Debug for ChaosTransaction<'_, DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChaosTransaction")
            .field("connection", &**self)
            .finish_non_exhaustive()
    }
}

impl<DB: ChaosDatabase> TransactionConnection<'_, DB> {
    fn get_mut(&mut self) -> &mut ChaosConnection<DB> {
        match self {
            Self::Owned(connection) => connection,
            Self::Borrowed(connection) => connection,
        }
    }

    fn wrapped_mut(&mut self) -> &mut WrappedConnection<DB> {
        self.get_mut().wrapped_mut()
    }
}
