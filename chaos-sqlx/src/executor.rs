//! `Executor`, for pools and for connections.

use async_stream::try_stream;
use either::Either;
use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use futures_util::TryStreamExt;
use sqlx::{Database, Describe, Error, Execute, Executor, SqlStr};

use crate::driver::ChaosDatabase;
use crate::fetching;
use crate::taken::Taken;
use crate::{ChaosConnection, ChaosPool};

// As in sqlx, all other methods are made of these by default. While nothing concerns the database, what they return is
// the pool's own.
impl<'p, DB> Executor<'p> for &'_ ChaosPool<DB>
where
    DB: ChaosDatabase,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    type Database = DB;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<DB::QueryResult, DB::Row>, Error>>
    where
        E: 'q + Execute<'q, DB>,
    {
        if self.place().site.needs().is_none() {
            return self.bypass().fetch_many(query);
        }
        let (acquired, query) = (self.acquire(), Taken::of(query));
        Box::pin(try_stream! {
            let mut connection = acquired.await?;
            let mut rows = fetching::many(&mut connection, query);
            while let Some(row) = rows.try_next().await? {
                yield row;
            }
        })
    }

    fn fetch_optional<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxFuture<'e, Result<Option<DB::Row>, Error>>
    where
        E: 'q + Execute<'q, DB>,
    {
        if self.place().site.needs().is_none() {
            return self.bypass().fetch_optional(query);
        }
        let (acquired, query) = (self.acquire(), Taken::of(query));
        Box::pin(async move { fetching::optional(&mut *acquired.await?, query).await })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [DB::TypeInfo],
    ) -> BoxFuture<'e, Result<DB::Statement, Error>>
    where
        'p: 'e,
    {
        if self.place().site.needs().is_none() {
            return self.bypass().prepare_with(sql, parameters);
        }
        let acquired = self.acquire();
        Box::pin(async move { fetching::prepare(&mut *acquired.await?, sql, parameters).await })
    }

    #[doc(hidden)]
    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<DB>, Error>> {
        self.bypass().describe(sql)
    }
}

/// One for each driver: a generic one overflows the evaluation of traits in generic code of callers.
macro_rules! executor {
    ($database:ty) => {
        impl<'c> Executor<'c> for &'c mut ChaosConnection<$database> {
            type Database = $database;

            fn fetch_many<'e, 'q: 'e, E>(
                self,
                query: E,
            ) -> BoxStream<
                'e,
                Result<
                    Either<<$database as Database>::QueryResult, <$database as Database>::Row>,
                    Error,
                >,
            >
            where
                'c: 'e,
                E: 'q + Execute<'q, $database>,
            {
                fetching::many(self, query)
            }

            fn fetch_optional<'e, 'q: 'e, E>(
                self,
                query: E,
            ) -> BoxFuture<'e, Result<Option<<$database as Database>::Row>, Error>>
            where
                'c: 'e,
                E: 'q + Execute<'q, $database>,
            {
                fetching::optional(self, query)
            }

            fn prepare_with<'e>(
                self,
                sql: SqlStr,
                parameters: &'e [<$database as Database>::TypeInfo],
            ) -> BoxFuture<'e, Result<<$database as Database>::Statement, Error>>
            where
                'c: 'e,
            {
                fetching::prepare(self, sql, parameters)
            }

            #[doc(hidden)]
            fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<$database>, Error>>
            where
                'c: 'e,
            {
                match self.raw() {
                    Ok(raw) => raw.describe(sql),
                    Err(gone) => Box::pin(std::future::ready(Err(gone))),
                }
            }
        }
    };
}

#[cfg(feature = "mysql")]
executor!(sqlx::MySql);
#[cfg(feature = "postgres")]
executor!(sqlx::Postgres);
#[cfg(feature = "sqlite")]
executor!(sqlx::Sqlite);
