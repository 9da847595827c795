//! Real locks, on the caller's own database.

use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Error, Executor};

/// Takes the strongest lock that is to be had of a file: none, if somebody else has it.
///
/// A database that is no file can't be locked by another connection.
pub(super) async fn lock(
    options: &SqliteConnectOptions,
) -> Result<Option<SqliteConnection>, Error> {
    let options = options
        .clone()
        .create_if_missing(false)
        .busy_timeout(PATIENCE);
    let mut connection = options.connect().await?;
    let file: String =
        sqlx::query_scalar("SELECT file FROM pragma_database_list WHERE name = 'main'")
            .fetch_one(&mut connection)
            .await?;
    if file.is_empty() {
        return Ok(None);
    }
    // The first stops all others, the second those who write. The third is what is left when it is the caller who
    // writes: without a write-ahead log, its commit waits for those who read.
    for sql in [
        "BEGIN EXCLUSIVE",
        "BEGIN IMMEDIATE",
        "BEGIN; SELECT 1 FROM sqlite_schema",
    ] {
        match connection.execute(sql).await {
            Ok(_) => break,
            Err(error) => tracing::debug!(%error, "a lock is not to be had: {sql}"),
        }
    }
    Ok(Some(connection))
}

/// Long enough for those who are about to finish; who waits for us does not finish, however long it is.
const PATIENCE: Duration = Duration::from_millis(20);
