//! Provokes genuine errors of SQLite on separate databases.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Error, Executor};

use super::temporary_directory::TemporaryDirectory;

/// An error that SQLite can be provoked to report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProvokedError {
    UniqueViolation,
    ForeignKeyViolation,
    CheckViolation,
    NoSuchTable,
    ReadOnly,
    DiskFull,
    Corrupt,
    Interrupted,
    CannotOpen,
    Busy,
    BusySnapshot,
}

impl ProvokedError {
    /// Makes SQLite report this error for a table of this name.
    pub(super) async fn provoke(self, table: &str) -> Error {
        let table = format!("\"{}\"", table.replace('"', "\"\""));
        let provoked = match self {
            Self::UniqueViolation => {
                execute_in_memory(format!(
                    "CREATE TABLE {table} (id UNIQUE); INSERT INTO {table} VALUES (1), (1)"
                ))
                .await
            }
            Self::ForeignKeyViolation => {
                execute_in_memory(format!(
                    "CREATE TABLE {table} (id INTEGER PRIMARY KEY, parent REFERENCES {table}); \
                     INSERT INTO {table} VALUES (1, 2)"
                ))
                .await
            }
            Self::CheckViolation => {
                execute_in_memory(format!(
                    "CREATE TABLE {table} (id CHECK (id > 0)); INSERT INTO {table} VALUES (0)"
                ))
                .await
            }
            Self::NoSuchTable => execute_in_memory(format!("SELECT * FROM {table}")).await,
            Self::ReadOnly => {
                execute_in_memory(format!(
                    "CREATE TABLE {table} (id); PRAGMA query_only = ON; \
                     INSERT INTO {table} VALUES (1)"
                ))
                .await
            }
            Self::DiskFull => {
                execute_in_memory(format!(
                    "CREATE TABLE {table} (id); PRAGMA max_page_count = 1; \
                     INSERT INTO {table} VALUES (zeroblob(100000))"
                ))
                .await
            }
            Self::Corrupt => {
                // The root page of an index is no root page of a table.
                execute_in_memory(format!(
                    "CREATE TABLE {table} (id UNIQUE); PRAGMA writable_schema = ON; \
                     UPDATE sqlite_schema SET rootpage = 3 WHERE type = 'table'; \
                     PRAGMA writable_schema = RESET; SELECT * FROM {table}"
                ))
                .await
            }
            Self::Interrupted => interrupt_statement().await,
            Self::CannotOpen => open_missing_file().await,
            Self::Busy => lock_twice().await,
            // In a separate task, which removes its files even if the caller is cancelled.
            Self::BusySnapshot => tokio::spawn(write_stale_snapshot()).await.unwrap_or(Ok(())),
        };
        match provoked {
            Err(error) => error,
            Ok(()) => Error::Protocol(format!("SQLite did not fail as provoked: {self:?}")),
        }
    }
}

async fn execute_in_memory(sql: String) -> Result<(), Error> {
    let mut connection = in_memory().connect().await?;
    connection.execute(AssertSqlSafe(sql)).await?;
    Ok(())
}

async fn interrupt_statement() -> Result<(), Error> {
    let mut connection = in_memory().connect().await?;
    let mut handle = connection.lock_handle().await?;
    handle.set_progress_handler(1, || false);
    drop(handle);
    connection.execute("SELECT 1 UNION SELECT 2").await?;
    Ok(())
}

async fn open_missing_file() -> Result<(), Error> {
    let missing = SqliteConnectOptions::new().filename("no such directory/no such database");
    missing.disable_statement_logging().connect().await?;
    Ok(())
}

/// Locks a database for writing from two connections.
async fn lock_twice() -> Result<(), Error> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    // A name that starts with a slash is shared by all connections of the process.
    let shared = in_memory()
        .filename(format!("/chaos-sqlx-{number}"))
        .vfs("memdb")
        .in_memory(false)
        .shared_cache(false)
        .create_if_missing(true);
    let (mut first, mut second) = (shared.connect().await?, shared.connect().await?);
    first.execute("BEGIN IMMEDIATE").await?;
    second.execute("BEGIN IMMEDIATE").await?;
    Ok(())
}

/// Writes in a transaction that has read what another connection has changed since.
///
/// This needs a write-ahead log, which needs a file.
async fn write_stale_snapshot() -> Result<(), Error> {
    let Ok(directory) = TemporaryDirectory::create() else {
        return lock_twice().await;
    };
    let options = in_memory()
        .filename(directory.path().join("database"))
        .in_memory(false)
        .shared_cache(false)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Off);
    let (mut reader, mut writer) = (options.connect().await?, options.connect().await?);
    reader
        .execute("CREATE TABLE chaos (id); BEGIN; SELECT * FROM chaos")
        .await?;
    writer.execute("INSERT INTO chaos VALUES (1)").await?;
    let conflict = reader.execute("INSERT INTO chaos VALUES (2)").await;
    for connection in [reader, writer] {
        close(connection).await;
    }
    conflict?;
    Ok(())
}

/// Closes a connection before its files are removed.
async fn close(connection: SqliteConnection) {
    if let Err(error) = sqlx::Connection::close(connection).await {
        tracing::debug!(%error, "can't close the connection to a provoked error's database");
    }
}

/// Returns the options of a new database in memory, on which no statement waits for a lock.
fn in_memory() -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .in_memory(true)
        .busy_timeout(Duration::ZERO)
        .disable_statement_logging()
}
