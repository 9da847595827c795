//! `prepare`, with faults injected.

use std::future::ready;

use futures_core::future::BoxFuture;
use sqlx::{Error, Executor, SqlStr};

use crate::driver::{ChaosDatabase, WITHOUT_ROWS};
use crate::operation::ActiveOperation;
use crate::sql::OperationName;
use crate::wrapped::WrappedConnection;

pub(crate) fn prepare<'e, DB>(
    connection: &'e mut WrappedConnection<DB>,
    sql: SqlStr,
    parameters: &'e [DB::TypeInfo],
) -> BoxFuture<'e, Result<DB::Statement, Error>>
where
    DB: ChaosDatabase,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    let name = || OperationName::new("PREPARE");
    match ActiveOperation::begin_on(connection, WITHOUT_ROWS, name) {
        None => match connection.raw() {
            Ok(raw) => raw.prepare_with(sql, parameters),
            Err(ended) => Box::pin(ready(Err(ended))),
        },
        Some(operation) => Box::pin(async move {
            let prepare = async move |connection: &mut WrappedConnection<DB>| {
                connection.raw()?.prepare_with(sql, parameters).await
            };
            operation.into_inner().run(connection, prepare).await
        }),
    }
}
