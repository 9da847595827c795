//! `fetch_many`, and what sqlx builds on it, with faults injected.

use std::future::ready;

use async_stream::stream;
use chaos_core::adapter::{Armed, Broken};
use either::Either;
use futures_core::Stream;
use futures_core::stream::BoxStream;
use futures_util::TryStreamExt;
use sqlx::{Database, Error, Execute, Executor};

use super::begin_statement::begin_statement;
use super::owned_query::OwnedQuery;
use super::row_flow::{pass_end, pass_row};
use crate::driver::ChaosDatabase;
use crate::operation::ActiveOperation;
use crate::wrapped::WrappedConnection;

/// A result of a statement: the number of changed rows, or a row.
type Item<DB> = Result<Either<<DB as Database>::QueryResult, <DB as Database>::Row>, Error>;

pub(crate) fn fetch_many<'e, 'q: 'e, DB, E>(
    connection: &'e mut WrappedConnection<DB>,
    query: E,
) -> BoxStream<'e, Item<DB>>
where
    DB: ChaosDatabase,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    E: 'q + Execute<'q, DB>,
{
    if connection.site().needs().is_none() {
        return fetch_directly(connection, query);
    }
    let query = OwnedQuery::new(query);
    match begin_statement(connection, &query) {
        None => fetch_directly(connection, query),
        Some(operation) => Box::pin(fetch_under_faults(operation, connection, query)),
    }
}

fn fetch_directly<'e, 'q: 'e, DB, E>(
    connection: &'e mut WrappedConnection<DB>,
    query: E,
) -> BoxStream<'e, Item<DB>>
where
    DB: ChaosDatabase,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    E: 'q + Execute<'q, DB>,
{
    match connection.raw() {
        Ok(raw) => raw.fetch_many(query),
        Err(ended) => Box::pin(futures_util::stream::once(ready(Err(ended)))),
    }
}

/// How the rows of a statement ended.
enum RowsEnd {
    Complete,
    BrokenOff(Broken),
    Failed(Error),
}

fn fetch_under_faults<'e, DB>(
    operation: Armed<ActiveOperation>,
    connection: &'e mut WrappedConnection<DB>,
    query: OwnedQuery<DB>,
) -> impl Stream<Item = Item<DB>> + Send + 'e
where
    DB: ChaosDatabase,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    stream! {
        let mut operation = operation.into_inner();
        let error = 'failed: {
            let locks = match operation.apply_before(connection).await {
                Ok(locks) => locks,
                Err(error) => break 'failed error,
            };
            let mut flow = operation.flow();
            let end = {
                let mut rows = fetch_directly(connection, query);
                loop {
                    match operation.in_database(rows.try_next()).await {
                        Ok(Some(Either::Right(row))) => match pass_row(&mut flow).await {
                            Ok(()) => yield Ok(Either::Right(row)),
                            Err(broken) => break RowsEnd::BrokenOff(broken),
                        },
                        Ok(Some(changed)) => yield Ok(changed),
                        Ok(None) => break match pass_end(&mut flow).await {
                            Ok(()) => RowsEnd::Complete,
                            Err(broken) => RowsEnd::BrokenOff(broken),
                        },
                        Err(error) => break RowsEnd::Failed(error),
                    }
                }
            };
            locks.release().await;
            match end {
                RowsEnd::Complete => {}
                RowsEnd::BrokenOff(broken) => {
                    break 'failed operation.break_off(&broken, connection).await;
                }
                RowsEnd::Failed(error) => break 'failed error,
            }
            match operation.apply_after(connection).await {
                Ok(()) => {
                    operation.report(&Ok(()));
                    return;
                }
                Err(error) => error,
            }
        };
        // Reported before it is yielded, because callers stop polling after an error.
        let failed = Err(error);
        operation.report(&failed);
        yield failed;
    }
}
