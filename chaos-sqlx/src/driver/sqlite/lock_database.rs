//! Locks the file of a database from another connection.

use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Error, Executor};

/// How long to wait for each lock: long enough for transactions that are about to finish. The caller's own transaction
/// does not finish, however long the wait.
const LOCK_TIMEOUT: Duration = Duration::from_millis(20);

/// The locks to try, strongest first.
const LOCKS: [&str; 3] = [
    // Blocks readers and writers.
    "BEGIN EXCLUSIVE",
    // Blocks writers.
    "BEGIN IMMEDIATE",
    // Blocks the commit of a caller that has begun to write, unless the database has a write-ahead log.
    "BEGIN; SELECT 1 FROM sqlite_schema",
];

/// Takes the strongest lock that is free; none, if another connection holds it.
///
/// Returns `None` for a database without a file, which another connection can't lock.
pub(super) async fn lock_database(
    options: &SqliteConnectOptions,
) -> Result<Option<SqliteConnection>, Error> {
    let options = options
        .clone()
        .create_if_missing(false)
        .busy_timeout(LOCK_TIMEOUT);
    let mut connection = options.connect().await?;
    let file: String =
        sqlx::query_scalar("SELECT file FROM pragma_database_list WHERE name = 'main'")
            .fetch_one(&mut connection)
            .await?;
    if file.is_empty() {
        return Ok(None);
    }
    for lock in LOCKS {
        match connection.execute(lock).await {
            Ok(_) => break,
            Err(error) => tracing::debug!(%error, lock, "the lock is not free"),
        }
    }
    Ok(Some(connection))
}
