//! The database: a temporary SQLite file, or a Postgres server.

use std::time::Duration;

use chaos_sqlx::{ChaosManager, ChaosPool as Pool};
use sqlx::pool::PoolOptions;
use sqlx::postgres::{PgConnectOptions, Postgres};
use sqlx::sqlite::{Sqlite, SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, Executor, Pool as PlainPool};
use tempfile::TempDir;

use crate::{BoxError, Settings};

/// Two connection pools: one for the shop, and one for an auditor, who sees the database as it is.
#[derive(Debug)]
pub(crate) enum Database {
    /// A database in a directory that is removed when dropped.
    Sqlite {
        pool: Pool<Sqlite>,
        audit: PlainPool<Sqlite>,
        _directory: TempDir,
    },
    Postgres {
        pool: Pool<Postgres>,
        audit: PlainPool<Postgres>,
    },
}

/// Runs the same code on a pool of either kind: the SQL is the same, the types differ.
macro_rules! on {
    ($database:expr, $pool:ident => $body:expr) => {
        match $database {
            crate::database::Database::Sqlite { $pool, .. } => $body,
            crate::database::Database::Postgres { $pool, .. } => $body,
        }
    };
}
pub(crate) use on;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS products (name TEXT PRIMARY KEY, price BIGINT NOT NULL, stock BIGINT NOT NULL);
    CREATE TABLE IF NOT EXISTS orders (key TEXT PRIMARY KEY, product TEXT NOT NULL, price BIGINT NOT NULL,
        is_paid BOOLEAN NOT NULL);
    CREATE TABLE IF NOT EXISTS shipments (key TEXT PRIMARY KEY REFERENCES orders);
    INSERT INTO products VALUES ('lamp', 40, 1000000), ('chair', 90, 1000000), ('table', 200, 1000000)
        ON CONFLICT (name) DO NOTHING;
";

const CONNECTIONS: u32 = 5;

/// How long SQLite waits for a lock; after that, the operation is retried.
const BUSY_TIMEOUT: Duration = Duration::from_millis(500);

impl Database {
    /// Opens the database, and creates its tables without faults.
    pub(crate) async fn open(chaos: &ChaosManager, settings: &Settings) -> Result<Self, BoxError> {
        if let Some(url) = &settings.postgres {
            let server = url.parse::<PgConnectOptions>()?;
            let audit = options(settings).connect_lazy_with(server.clone());
            let pool = options(settings).connect_lazy_with(server);
            pool.execute(SCHEMA).await?;
            let pool = Pool::new(pool, chaos, "orders-db");
            return Ok(Self::Postgres { pool, audit });
        }
        let directory = TempDir::with_prefix("storefront-")?;
        let file = SqliteConnectOptions::new()
            .filename(directory.path().join("orders.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // The database is removed with the process, so it need not survive a power failure.
            .synchronous(SqliteSynchronous::Off)
            .busy_timeout(BUSY_TIMEOUT);
        let audit = options(settings).connect_lazy_with(file.clone());
        let pool = options(settings).connect_lazy_with(file);
        pool.execute(SCHEMA).await?;
        let pool = Pool::new(pool, chaos, "orders-db");
        Ok(Self::Sqlite {
            pool,
            audit,
            _directory: directory,
        })
    }

    /// Checks that the database replies.
    pub(crate) async fn ping(&self) -> sqlx::Result<()> {
        on!(self, pool => sqlx::query("SELECT 1").execute(pool).await.map(|_| ()))
    }
}

fn options<DB: sqlx::Database>(settings: &Settings) -> PoolOptions<DB> {
    PoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(settings.acquire_timeout)
        // On a full disk SQLite ends the transaction, but sqlx still counts it as open. On such a connection, later
        // commits would report success without happening.
        .after_release(|connection: &mut DB::Connection, _| {
            Box::pin(async move {
                connection.ping().await?;
                Ok(!connection.is_in_transaction())
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_sqlite_file_is_removed_when_dropped() {
        let database = Database::open(&ChaosManager::new(), &Settings::default()).await;
        let Ok(Database::Sqlite {
            pool, _directory, ..
        }) = database
        else {
            panic!("{database:?}");
        };
        let path = _directory.path().join("orders.db");
        assert!(path.exists());
        pool.close().await;
        drop(_directory);
        assert!(!path.exists());
    }
}
