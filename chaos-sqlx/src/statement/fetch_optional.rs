//! `fetch_optional`, and what sqlx builds on it, with faults injected.

use std::future::ready;

use futures_core::future::BoxFuture;
use sqlx::{Error, Execute, Executor};

use super::begin_statement::begin_statement;
use super::owned_query::OwnedQuery;
use super::row_flow::{pass_end, pass_row};
use crate::driver::ChaosDatabase;
use crate::operation::ActiveOperation;
use crate::wrapped::WrappedConnection;

pub(crate) fn fetch_optional<'e, 'q: 'e, DB, E>(
    connection: &'e mut WrappedConnection<DB>,
    query: E,
) -> BoxFuture<'e, Result<Option<DB::Row>, Error>>
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
        Some(operation) => Box::pin(async move {
            let mut operation = operation.into_inner();
            let row = fetch_under_faults(&mut operation, connection, query).await;
            operation.report(&row);
            row
        }),
    }
}

fn fetch_directly<'e, 'q: 'e, DB, E>(
    connection: &'e mut WrappedConnection<DB>,
    query: E,
) -> BoxFuture<'e, Result<Option<DB::Row>, Error>>
where
    DB: ChaosDatabase,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    E: 'q + Execute<'q, DB>,
{
    match connection.raw() {
        Ok(raw) => raw.fetch_optional(query),
        Err(ended) => Box::pin(ready(Err(ended))),
    }
}

async fn fetch_under_faults<DB>(
    operation: &mut ActiveOperation,
    connection: &mut WrappedConnection<DB>,
    query: OwnedQuery<DB>,
) -> Result<Option<DB::Row>, Error>
where
    DB: ChaosDatabase,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    let locks = operation.apply_before(connection).await?;
    let mut flow = operation.flow();
    let row = operation
        .in_database(fetch_directly(connection, query))
        .await;
    locks.release().await;
    let row = row?;
    let passed = match row {
        Some(_) => pass_row(&mut flow).await,
        None => pass_end(&mut flow).await,
    };
    if let Err(broken) = passed {
        return Err(operation.break_off(&broken, connection).await);
    }
    operation.apply_after(connection).await?;
    Ok(row)
}
