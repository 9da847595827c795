//! Genuine errors, provoked on databases of our own.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Error, Executor};

/// An error that SQLite can be brought to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Provocation {
    Unique,
    ForeignKey,
    Check,
    NoSuchTable,
    ReadOnly,
    Full,
    Corrupt,
    Interrupted,
    CannotOpen,
    Busy,
    BusySnapshot,
}

impl Provocation {
    /// Has SQLite fail in this way on a table of this name.
    pub(super) async fn provoke(self, table: &str) -> Error {
        let table = format!("\"{}\"", table.replace('"', "\"\""));
        let provoked = match self {
            Self::Interrupted => interrupted().await,
            Self::CannotOpen => cannot_open().await,
            Self::Busy => busy().await,
            // In a task of its own, because it has files to clear away, even if nobody waits for it any more.
            Self::BusySnapshot => tokio::spawn(busy_snapshot()).await.unwrap_or(Ok(())),
            _ => self.in_memory(&table).await,
        };
        match provoked {
            Err(error) => error,
            Ok(()) => Error::Protocol(format!("SQLite could not be brought to fail: {self:?}")),
        }
    }

    async fn in_memory(self, table: &str) -> Result<(), Error> {
        let sql = match self {
            Self::Unique => {
                format!("CREATE TABLE {table} (id UNIQUE); INSERT INTO {table} VALUES (1), (1)")
            }
            Self::ForeignKey => format!(
                "CREATE TABLE {table} (id INTEGER PRIMARY KEY, parent REFERENCES {table}); \
                 INSERT INTO {table} VALUES (1, 2)"
            ),
            Self::Check => {
                format!("CREATE TABLE {table} (id CHECK (id > 0)); INSERT INTO {table} VALUES (0)")
            }
            Self::ReadOnly => format!(
                "CREATE TABLE {table} (id); PRAGMA query_only = ON; INSERT INTO {table} VALUES (1)"
            ),
            Self::Full => format!(
                "CREATE TABLE {table} (id); PRAGMA max_page_count = 1; \
                 INSERT INTO {table} VALUES (zeroblob(100000))"
            ),
            // The pages of an index are none of a table.
            Self::Corrupt => format!(
                "CREATE TABLE {table} (id UNIQUE); PRAGMA writable_schema = ON; \
                 UPDATE sqlite_schema SET rootpage = 3 WHERE type = 'table'; \
                 PRAGMA writable_schema = RESET; SELECT * FROM {table}"
            ),
            _ => format!("SELECT * FROM {table}"),
        };
        let mut connection = in_memory().connect().await?;
        connection.execute(AssertSqlSafe(sql)).await?;
        Ok(())
    }
}

async fn interrupted() -> Result<(), Error> {
    let mut connection = in_memory().connect().await?;
    let mut handle = connection.lock_handle().await?;
    handle.set_progress_handler(1, || false);
    drop(handle);
    connection.execute("SELECT 1 UNION SELECT 2").await?;
    Ok(())
}

async fn cannot_open() -> Result<(), Error> {
    let nowhere = SqliteConnectOptions::new().filename("no such directory/no such database");
    nowhere.disable_statement_logging().connect().await?;
    Ok(())
}

/// Two connections want to write to one database.
async fn busy() -> Result<(), Error> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    // Under a name that starts with a slash, all connections of the process find the same one.
    let shared = in_memory()
        .filename(format!("/chaos-sqlx-{number}"))
        .vfs("memdb")
        .in_memory(false)
        .shared_cache(false)
        .create_if_missing(true);
    let (mut writer, mut second) = (shared.connect().await?, shared.connect().await?);
    writer.execute("BEGIN IMMEDIATE").await?;
    second.execute("BEGIN IMMEDIATE").await?;
    Ok(())
}

/// One connection writes what another has read, and wants to write, too.
///
/// It takes a write-ahead log, which in turn takes a file.
async fn busy_snapshot() -> Result<(), Error> {
    let Ok(directory) = tempfile::tempdir() else {
        return busy().await;
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

/// Closes a connection before its files go.
async fn close(connection: SqliteConnection) {
    if let Err(error) = sqlx::Connection::close(connection).await {
        tracing::debug!(%error, "a database of our own did not close well");
    }
}

/// A database of its own, which waits for nobody.
fn in_memory() -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .in_memory(true)
        .busy_timeout(Duration::ZERO)
        .disable_statement_logging()
}
