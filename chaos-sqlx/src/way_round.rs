//! The way round us that code needs which takes any `Acquire`, such as migrations.

use std::sync::Arc;

use futures_core::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::{Acquire, Connection, Error, Transaction};

use crate::course::Course;
use crate::driver::{ChaosDatabase, WITHOUT_ROWS};
use crate::statement::Name;
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
            match Course::of(&place.site, WITHOUT_ROWS, || Name::of("BEGIN")) {
                None => Transaction::begin(connection, None).await,
                Some(course) => {
                    let mut course = course.into_inner();
                    let begun =
                        begin_under(&mut course, ChaosConnection::new(place, connection)).await;
                    course.finish(&begun);
                    begun
                }
            }
        })
    }
}

/// Begins a transaction of sqlx's own; there is no telling apart what strikes before it and after it.
async fn begin_under<'a, DB: ChaosDatabase>(
    course: &mut Course,
    mut connection: ChaosConnection<DB>,
) -> Result<Transaction<'a, DB>, Error> {
    let locks = course.before(&mut connection).await?;
    course.after(&mut connection).await?;
    let begun = Transaction::begin(connection.into_pooled()?, None).await;
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
            match Course::of(&self.place().site, WITHOUT_ROWS, || Name::of("BEGIN")) {
                None => self.raw()?.begin().await,
                Some(course) => {
                    let mut course = course.into_inner();
                    let begun = begin_borrowed_under(&mut course, self).await;
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

async fn begin_borrowed_under<'c, DB: ChaosDatabase>(
    course: &mut Course,
    connection: &'c mut ChaosConnection<DB>,
) -> Result<Transaction<'c, DB>, Error> {
    let locks = course.before(connection).await?;
    course.after(connection).await?;
    let begun = connection.raw()?.begin().await;
    locks.release().await;
    begun
}
