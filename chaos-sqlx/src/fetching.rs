//! Statements on a connection, under whatever concerns them.

use async_stream::stream;
use chaos_core::adapter::{Armed, Broken};
use either::Either;
use futures_core::Stream;
use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use futures_util::TryStreamExt;
use sqlx::{Error, Execute, Executor, SqlStr};

use crate::ChaosConnection;
use crate::course::Course;
use crate::driver::{ChaosDatabase, SETTING, Suffers, WITHOUT_ROWS};
use crate::rows;
use crate::statement::Name;
use crate::taken::Taken;

/// What comes of a statement: the row counts of those that have none, and rows.
type Item<DB> =
    Result<Either<<DB as sqlx::Database>::QueryResult, <DB as sqlx::Database>::Row>, Error>;

pub(crate) fn many<'e, 'q: 'e, DB, E>(
    connection: &'e mut ChaosConnection<DB>,
    query: E,
) -> BoxStream<'e, Item<DB>>
where
    DB: ChaosDatabase,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    E: 'q + Execute<'q, DB>,
{
    if connection.place().site.needs().is_none() {
        return straight_many(connection, query);
    }
    let query = Taken::of(query);
    match course_of(connection, &query) {
        None => straight_many(connection, query),
        Some(course) => Box::pin(many_under(course, connection, query)),
    }
}

pub(crate) fn optional<'e, 'q: 'e, DB, E>(
    connection: &'e mut ChaosConnection<DB>,
    query: E,
) -> BoxFuture<'e, Result<Option<DB::Row>, Error>>
where
    DB: ChaosDatabase,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    E: 'q + Execute<'q, DB>,
{
    if connection.place().site.needs().is_none() {
        return straight_optional(connection, query);
    }
    let query = Taken::of(query);
    match course_of(connection, &query) {
        None => straight_optional(connection, query),
        Some(course) => Box::pin(async move {
            let mut course = course.into_inner();
            let row = optional_under(&mut course, connection, query).await;
            course.finish(&row);
            row
        }),
    }
}

pub(crate) fn prepare<'e, DB>(
    connection: &'e mut ChaosConnection<DB>,
    sql: SqlStr,
    parameters: &'e [DB::TypeInfo],
) -> BoxFuture<'e, Result<DB::Statement, Error>>
where
    DB: ChaosDatabase,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    let site = &connection.place().site;
    match Course::of(site, WITHOUT_ROWS, || Name::of("PREPARE")) {
        None => match connection.raw() {
            Ok(raw) => raw.prepare_with(sql, parameters),
            Err(gone) => Box::pin(std::future::ready(Err(gone))),
        },
        Some(course) => Box::pin(async move {
            let mut course = course.into_inner();
            let prepared = prepare_under(&mut course, connection, sql, parameters).await;
            course.finish(&prepared);
            prepared
        }),
    }
}

fn course_of<DB: ChaosDatabase>(
    connection: &ChaosConnection<DB>,
    query: &Taken<DB>,
) -> Option<Armed<Course>> {
    let name = Name::of_statement(query.text(), DB::DIALECT);
    let suffers = match name.subject().verb {
        "SET" => SETTING,
        _ => Suffers::all(DB::SUPPORT),
    };
    Course::of(&connection.place().site, suffers, || name)
}

fn straight_many<'e, 'q: 'e, DB, E>(
    connection: &'e mut ChaosConnection<DB>,
    query: E,
) -> BoxStream<'e, Item<DB>>
where
    DB: ChaosDatabase,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    E: 'q + Execute<'q, DB>,
{
    match connection.raw() {
        Ok(raw) => raw.fetch_many(query),
        Err(gone) => Box::pin(futures_util::stream::once(std::future::ready(Err(gone)))),
    }
}

fn straight_optional<'e, 'q: 'e, DB, E>(
    connection: &'e mut ChaosConnection<DB>,
    query: E,
) -> BoxFuture<'e, Result<Option<DB::Row>, Error>>
where
    DB: ChaosDatabase,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    E: 'q + Execute<'q, DB>,
{
    match connection.raw() {
        Ok(raw) => raw.fetch_optional(query),
        Err(gone) => Box::pin(std::future::ready(Err(gone))),
    }
}

/// How the rows of a statement ended.
enum End {
    Whole,
    Broken(Broken),
    Failed(Error),
}

fn many_under<'e, DB>(
    course: Armed<Course>,
    connection: &'e mut ChaosConnection<DB>,
    query: Taken<DB>,
) -> impl Stream<Item = Item<DB>> + Send + 'e
where
    DB: ChaosDatabase,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    stream! {
        let mut course = course.into_inner();
        let error = 'failed: {
            let locks = match course.before(connection).await {
                Ok(locks) => locks,
                Err(error) => break 'failed error,
            };
            let mut flow = course.flow();
            let end = {
                let mut rows = straight_many(connection, query);
                loop {
                    match course.work(rows.try_next()).await {
                        Ok(Some(Either::Right(row))) => match rows::pass(&mut flow).await {
                            Ok(()) => yield Ok(Either::Right(row)),
                            Err(broken) => break End::Broken(broken),
                        },
                        Ok(Some(done)) => yield Ok(done),
                        Ok(None) => break match rows::end(&mut flow).await {
                            Ok(()) => End::Whole,
                            Err(broken) => End::Broken(broken),
                        },
                        Err(error) => break End::Failed(error),
                    }
                }
            };
            locks.release().await;
            match end {
                End::Whole => {}
                End::Broken(broken) => break 'failed course.break_off(&broken, connection).await,
                End::Failed(error) => break 'failed error,
            }
            match course.after(connection).await {
                Ok(()) => {
                    course.finish(&Ok(()));
                    return;
                }
                Err(error) => error,
            }
        };
        // Before it is told, because who is told of an error asks for no more.
        let failed = Err(error);
        course.finish(&failed);
        yield failed;
    }
}

async fn optional_under<DB>(
    course: &mut Course,
    connection: &mut ChaosConnection<DB>,
    query: Taken<DB>,
) -> Result<Option<DB::Row>, Error>
where
    DB: ChaosDatabase,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    let locks = course.before(connection).await?;
    let mut flow = course.flow();
    let row = course.work(straight_optional(connection, query)).await;
    locks.release().await;
    let row = row?;
    let passed = match row {
        Some(_) => rows::pass(&mut flow).await,
        None => rows::end(&mut flow).await,
    };
    if let Err(broken) = passed {
        return Err(course.break_off(&broken, connection).await);
    }
    course.after(connection).await?;
    Ok(row)
}

async fn prepare_under<DB>(
    course: &mut Course,
    connection: &mut ChaosConnection<DB>,
    sql: SqlStr,
    parameters: &[DB::TypeInfo],
) -> Result<DB::Statement, Error>
where
    DB: ChaosDatabase,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    let locks = course.before(connection).await?;
    let prepared = connection.raw()?.prepare_with(sql, parameters);
    let prepared = course.work(prepared).await;
    locks.release().await;
    let prepared = prepared?;
    course.after(connection).await?;
    Ok(prepared)
}
