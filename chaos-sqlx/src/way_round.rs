//! The way round us that code needs which takes any `Acquire`, such as migrations.

use std::borrow::BorrowMut;
use std::sync::Arc;

use futures_core::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::{Acquire, Connection, Error, Transaction};

use crate::course::Course;
use crate::driver::{ChaosDatabase, WITHOUT_ROWS};
use crate::sql::OperationName;
use crate::{ChaosConnection, ChaosPool, ChaosPoolConnection, ChaosTransaction};

/// Hands out sqlx's own connection and transaction, whose queries no fault strikes.
impl<'a, DB: ChaosDatabase> Acquire<'a> for &'_ ChaosPool<DB> {
    type Database = DB;

    type Connection = PoolConnection<DB>;

    fn acquire(self) -> BoxFuture<'a, Result<Self::Connection, Error>> {
        let place = Arc::clone(self.place());
        Box::pin(async move { place.acquire().await })
    }

    fn begin(self) -> BoxFuture<'a, Result<Transaction<'a, DB>, Error>> {
        let place = Arc::clone(self.place());
        Box::pin(async move {
            let connection = place.acquire().await?;
            match Course::of(&place.site, WITHOUT_ROWS, || OperationName::new("BEGIN")) {
                None => Transaction::begin(connection, None).await,
                Some(course) => {
                    let mut course = course.into_inner();
                    let connection = ChaosConnection::new(place, connection);
                    let begin = |connection: ChaosConnection<DB>| async move {
                        Transaction::begin(connection.into_pooled()?, None).await
                    };
                    let begun = begin_under(&mut course, connection, begin).await;
                    course.finish(&begun);
                    begun
                }
            }
        })
    }
}

/// Begins a transaction of sqlx's own; there is no telling apart what strikes before it and after it.
async fn begin_under<'a, DB, C, F>(
    course: &mut Course,
    mut connection: C,
    begin: impl FnOnce(C) -> F,
) -> Result<Transaction<'a, DB>, Error>
where
    DB: ChaosDatabase,
    C: BorrowMut<ChaosConnection<DB>>,
    F: Future<Output = Result<Transaction<'a, DB>, Error>>,
{
    let locks = course.before(connection.borrow_mut()).await?;
    course.after(connection.borrow_mut()).await?;
    let begun = course.work(begin(connection)).await;
    locks.release().await;
    begun
}

/// Hands out sqlx's own connection and transaction, whose queries no fault strikes.
impl<'c, DB: ChaosDatabase> Acquire<'c> for &'c mut ChaosConnection<DB> {
    type Database = DB;

    type Connection = &'c mut DB::Connection;

    fn acquire(self) -> BoxFuture<'c, Result<Self::Connection, Error>> {
        Box::pin(std::future::ready(self.raw()))
    }

    fn begin(self) -> BoxFuture<'c, Result<Transaction<'c, DB>, Error>> {
        Box::pin(async move {
            match Course::of(&self.place().site, WITHOUT_ROWS, || {
                OperationName::new("BEGIN")
            }) {
                None => self.raw()?.begin().await,
                Some(course) => {
                    let mut course = course.into_inner();
                    let begin = |connection: &'c mut ChaosConnection<DB>| async move {
                        connection.raw()?.begin().await
                    };
                    let begun = begin_under(&mut course, self, begin).await;
                    course.finish(&begun);
                    begun
                }
            }
        })
    }
}

/// Hands out sqlx's own connection and transaction, as the connection in it does.
macro_rules! as_its_connection {
    ($($holder:ty),*) => {$(
        impl<'c, DB: ChaosDatabase> Acquire<'c> for &'c mut $holder {
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

as_its_connection!(ChaosPoolConnection<DB>, ChaosTransaction<'_, DB>);
