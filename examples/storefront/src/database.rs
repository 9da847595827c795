//! The database: SQLite in a file of its own, or a Postgres server.

use std::time::Duration;

use chaos_sqlx::{ChaosManager, ChaosPool as Pool};
use sqlx::pool::PoolOptions;
use sqlx::postgres::{PgConnectOptions, Postgres};
use sqlx::sqlite::{Sqlite, SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, Executor};
use tempfile::TempDir;

use crate::{BoxError, Settings};

/// A pool of connections.
#[derive(Debug)]
pub(crate) enum Database {
    /// In a directory that is there for as long as the pool is.
    Sqlite {
        pool: Pool<Sqlite>,
        _directory: TempDir,
    },
    Postgres(Pool<Postgres>),
}

/// Does the same with either pool: each database has its own types, but the SQL is one.
macro_rules! on {
    ($database:expr, $pool:ident => $body:expr) => {
        match $database {
            crate::database::Database::Sqlite { pool: $pool, .. } => $body,
            crate::database::Database::Postgres($pool) => $body,
        }
    };
}
pub(crate) use on;

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS products (name TEXT PRIMARY KEY, price BIGINT NOT NULL, stock BIGINT NOT NULL);
    CREATE TABLE IF NOT EXISTS orders (key TEXT PRIMARY KEY, product TEXT NOT NULL, price BIGINT NOT NULL,
        is_paid BOOLEAN NOT NULL);
    CREATE TABLE IF NOT EXISTS shipments (key TEXT PRIMARY KEY REFERENCES orders);
    INSERT INTO products VALUES ('lamp', 40, 1000000), ('chair', 90, 1000000), ('table', 200, 1000000)
        ON CONFLICT (name) DO NOTHING;
";

/// How long SQLite waits for another writer before it says that it is busy, which is tried again.
const PATIENCE: Duration = Duration::from_millis(500);

impl Database {
    /// Opens it, and makes its tables before anything can go wrong with them on purpose.
    pub(crate) async fn open(chaos: &ChaosManager, settings: &Settings) -> Result<Self, BoxError> {
        if let Some(url) = &settings.postgres {
            let pool = options(settings).connect_lazy_with(url.parse::<PgConnectOptions>()?);
            pool.execute(TABLES).await?;
            return Ok(Self::Postgres(Pool::new(pool, chaos, "orders-db")));
        }
        let directory = TempDir::with_prefix("storefront-")?;
        let file = SqliteConnectOptions::new()
            .filename(directory.path().join("orders.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // It does not outlive the process, so it need not outlive the machine.
            .synchronous(SqliteSynchronous::Off)
            .busy_timeout(PATIENCE);
        let pool = options(settings).connect_lazy_with(file);
        pool.execute(TABLES).await?;
        let pool = Pool::new(pool, chaos, "orders-db");
        Ok(Self::Sqlite {
            pool,
            _directory: directory,
        })
    }

    /// Whether it answers.
    pub(crate) async fn ping(&self) -> sqlx::Result<()> {
        on!(self, pool => sqlx::query("SELECT 1").execute(pool).await.map(|_| ()))
    }

    /// Closes all connections, and waits until they are.
    pub(crate) async fn close(&self) {
        on!(self, pool => pool.close().await);
    }
}

fn options<DB: sqlx::Database>(settings: &Settings) -> PoolOptions<DB> {
    PoolOptions::new()
        .max_connections(settings.connections)
        .acquire_timeout(settings.acquire_timeout)
        // With a full disk SQLite ends a transaction by itself, and sqlx goes on to count it: such a connection would
        // tell the next who has it of commits that never happen.
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
    async fn its_file_is_gone_with_it() {
        let database = Database::open(&ChaosManager::new(), &Settings::default()).await;
        let Ok(Database::Sqlite { pool, _directory }) = database else {
            panic!("{database:?}");
        };
        let path = _directory.path().join("orders.db");
        assert!(path.exists());
        pool.close().await;
        drop(_directory);
        assert!(!path.exists());
    }
}
