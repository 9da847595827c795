//! `Executor` for pools and connections.

use async_stream::try_stream;
use either::Either;
use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use futures_util::TryStreamExt;
use sqlx::{Database, Describe, Error, Execute, Executor, SqlStr};

use crate::driver::ChaosDatabase;
use crate::statement::{OwnedQuery, fetch_many, fetch_optional, prepare};
use crate::{ChaosConnection, ChaosPool};

// As in sqlx, the default methods build on these. While no experiment affects the database, they return the futures and
// streams of the sqlx pool.
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
        if self.wrapped().site.needs().is_none() {
            return self.bypass().fetch_many(query);
        }
        let (acquired, query) = (self.acquire(), OwnedQuery::new(query));
        Box::pin(try_stream! {
            let mut connection = acquired.await?;
            let mut rows = fetch_many(connection.wrapped_mut(), query);
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
        if self.wrapped().site.needs().is_none() {
            return self.bypass().fetch_optional(query);
        }
        let (acquired, query) = (self.acquire(), OwnedQuery::new(query));
        Box::pin(async move { fetch_optional(acquired.await?.wrapped_mut(), query).await })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [DB::TypeInfo],
    ) -> BoxFuture<'e, Result<DB::Statement, Error>>
    where
        'p: 'e,
    {
        if self.wrapped().site.needs().is_none() {
            return self.bypass().prepare_with(sql, parameters);
        }
        let acquired = self.acquire();
        Box::pin(async move { prepare(acquired.await?.wrapped_mut(), sql, parameters).await })
    }

    #[doc(hidden)]
    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<DB>, Error>> {
        self.bypass().describe(sql)
    }
}

/// Implements `Executor` for the connections of one database: a generic implementation would overflow the evaluation of
/// traits in callers that are generic over the database.
macro_rules! impl_executor {
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
                fetch_many(self.wrapped_mut(), query)
            }

            fn fetch_optional<'e, 'q: 'e, E>(
                self,
                query: E,
            ) -> BoxFuture<'e, Result<Option<<$database as Database>::Row>, Error>>
            where
                'c: 'e,
                E: 'q + Execute<'q, $database>,
            {
                fetch_optional(self.wrapped_mut(), query)
            }

            fn prepare_with<'e>(
                self,
                sql: SqlStr,
                parameters: &'e [<$database as Database>::TypeInfo],
            ) -> BoxFuture<'e, Result<<$database as Database>::Statement, Error>>
            where
                'c: 'e,
            {
                prepare(self.wrapped_mut(), sql, parameters)
            }

            #[doc(hidden)]
            fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<$database>, Error>>
            where
                'c: 'e,
            {
                match self.bypass() {
                    Ok(raw) => raw.describe(sql),
                    Err(ended) => Box::pin(std::future::ready(Err(ended))),
                }
            }
        }
    };
}

#[cfg(feature = "mysql")]
impl_executor!(sqlx::MySql);
#[cfg(feature = "postgres")]
impl_executor!(sqlx::Postgres);
#[cfg(feature = "sqlite")]
impl_executor!(sqlx::Sqlite);
