//! `Acquire`, which hands out unwrapped sqlx connections, for code such as migrations.

use std::borrow::BorrowMut;
use std::future::ready;
use std::sync::Arc;

use chaos_core::Site;
use chaos_core::adapter::{Armed, Misuse};
use futures_core::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::{Acquire, Connection, Error, Transaction};

use crate::driver::{ChaosDatabase, WITHOUT_ROWS};
use crate::operation::ActiveOperation;
use crate::sql::OperationName;
use crate::wrapped::WrappedConnection;
use crate::{ChaosConnection, ChaosPool, ChaosPoolConnection, ChaosTransaction};

/// Hands out sqlx's own connection and transaction. Faults affect only `acquire` and `BEGIN`, not their statements.
impl<'a, DB: ChaosDatabase> Acquire<'a> for &'_ ChaosPool<DB> {
    type Database = DB;

    type Connection = PoolConnection<DB>;

    fn acquire(self) -> BoxFuture<'a, Result<Self::Connection, Error>> {
        let pool = Arc::clone(self.wrapped());
        pool.site.report(Misuse::UnwrappedConnection);
        Box::pin(async move { pool.acquire().await })
    }

    fn begin(self) -> BoxFuture<'a, Result<Transaction<'a, DB>, Error>> {
        let pool = Arc::clone(self.wrapped());
        pool.site.report(Misuse::UnwrappedConnection);
        Box::pin(async move {
            let connection = pool.acquire().await?;
            match begin_operation(&pool.site) {
                None => Transaction::begin(connection, None).await,
                Some(operation) => {
                    let connection = WrappedConnection::new(pool, connection);
                    let begin = |connection: WrappedConnection<DB>| async move {
                        Transaction::begin(connection.into_pooled()?, None).await
                    };
                    begin_under_faults(operation.into_inner(), connection, begin).await
                }
            }
        })
    }
}

/// Hands out sqlx's own connection and transaction. Faults affect only `BEGIN`, not their statements.
impl<'c, DB: ChaosDatabase> Acquire<'c> for &'c mut ChaosConnection<DB> {
    type Database = DB;

    type Connection = &'c mut DB::Connection;

    fn acquire(self) -> BoxFuture<'c, Result<Self::Connection, Error>> {
        self.wrapped_mut()
            .site()
            .report(Misuse::UnwrappedConnection);
        Box::pin(ready(self.bypass()))
    }

    fn begin(self) -> BoxFuture<'c, Result<Transaction<'c, DB>, Error>> {
        let connection = self.wrapped_mut();
        connection.site().report(Misuse::UnwrappedConnection);
        Box::pin(async move {
            match begin_operation(connection.site()) {
                None => connection.raw()?.begin().await,
                Some(operation) => {
                    let begin = |connection: &'c mut WrappedConnection<DB>| async move {
                        connection.raw()?.begin().await
                    };
                    begin_under_faults(operation.into_inner(), connection, begin).await
                }
            }
        })
    }
}

fn begin_operation(site: &Site) -> Option<Armed<ActiveOperation>> {
    ActiveOperation::begin(site, None, WITHOUT_ROWS, || OperationName::new("BEGIN"))
}

/// Begins a sqlx transaction, and reports the outcome.
///
/// The transaction takes the connection, so the faults after `BEGIN` are applied before it too.
async fn begin_under_faults<'a, DB, C, F>(
    mut operation: ActiveOperation,
    connection: C,
    begin: impl FnOnce(C) -> F,
) -> Result<Transaction<'a, DB>, Error>
where
    DB: ChaosDatabase,
    C: BorrowMut<WrappedConnection<DB>>,
    F: Future<Output = Result<Transaction<'a, DB>, Error>>,
{
    let begun = begin_unreported(&mut operation, connection, begin).await;
    operation.report(&begun);
    begun
}

async fn begin_unreported<'a, DB, C, F>(
    operation: &mut ActiveOperation,
    mut connection: C,
    begin: impl FnOnce(C) -> F,
) -> Result<Transaction<'a, DB>, Error>
where
    DB: ChaosDatabase,
    C: BorrowMut<WrappedConnection<DB>>,
    F: Future<Output = Result<Transaction<'a, DB>, Error>>,
{
    let locks = operation.apply_before(connection.borrow_mut()).await?;
    operation.apply_after(connection.borrow_mut()).await?;
    let begun = operation.in_database(begin(connection)).await;
    locks.release().await;
    begun
}

macro_rules! acquire_like_the_connection {
    ($($wrapper:ty),*) => {$(
        /// Hands out sqlx's own connection and transaction, as [`ChaosConnection`] does.
        impl<'c, DB: ChaosDatabase> Acquire<'c> for &'c mut $wrapper {
            type Database = DB;

            type Connection = &'c mut DB::Connection;

            fn acquire(self) -> BoxFuture<'c, Result<Self::Connection, Error>> {
                Acquire::acquire(&mut **self)
            }

            fn begin(self) -> BoxFuture<'c, Result<Transaction<'c, DB>, Error>> {
                Acquire::begin(&mut **self)
            }
        }
    )*};
}

acquire_like_the_connection!(ChaosPoolConnection<DB>, ChaosTransaction<'_, DB>);
