//! A SQLite database with three orders, and a chaos pool on it.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::num::NonZeroU32;
use std::time::Duration;

use chaos_sqlx::{BlastRadius, ChaosManager, ChaosPool, Experiment, Fault};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{ConnectOptions, Connection, Executor, Sqlite, SqlitePool};
use tempfile::TempDir;

pub(crate) struct SqliteFixture {
    pub(crate) chaos: ChaosManager,
    pub(crate) db: ChaosPool<Sqlite>,
    pub(crate) directory: TempDir,
}

/// The timeout of pools in tests that wait for it to pass.
pub(crate) const SHORT_TIMEOUT: Duration = Duration::from_millis(500);

/// The timeout of everything else, long enough for a busy machine.
const LONG_TIMEOUT: Duration = Duration::from_secs(60);

impl SqliteFixture {
    /// Creates a database file with a table of the orders 1 to 3.
    pub(crate) async fn new() -> Self {
        Self::with_options(SqlitePoolOptions::new()).await
    }

    pub(crate) async fn with_options(options: SqlitePoolOptions) -> Self {
        Self::with_timeout(LONG_TIMEOUT, options).await
    }

    /// Creates a fixture whose pool has this timeout, both for connections and for locks.
    pub(crate) async fn with_timeout(timeout: Duration, options: SqlitePoolOptions) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = SqliteConnectOptions::new()
            .filename(directory.path().join("database"))
            .create_if_missing(true)
            .busy_timeout(timeout);
        // On a separate connection, whose opening has no timeout.
        let mut first = file.connect().await.unwrap();
        first
            .execute(
                "CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT NOT NULL);
                 INSERT INTO orders VALUES (1, 'tea'), (2, 'milk'), (3, 'rice')",
            )
            .await
            .unwrap();
        first.close().await.unwrap();
        let pool = options.acquire_timeout(timeout).connect_lazy_with(file);
        let chaos = ChaosManager::new();
        let db = ChaosPool::new(pool, &chaos, "orders-db");
        Self {
            chaos,
            db,
            directory,
        }
    }

    /// Creates a fixture whose pool has exactly this many open connections.
    pub(crate) async fn with_connections(number: u32) -> Self {
        Self::with_timeout_and_connections(LONG_TIMEOUT, number).await
    }

    /// Creates a fixture whose pool has exactly this many open connections, and a short timeout.
    pub(crate) async fn with_short_timeout(number: u32) -> Self {
        Self::with_timeout_and_connections(SHORT_TIMEOUT, number).await
    }

    async fn with_timeout_and_connections(timeout: Duration, number: u32) -> Self {
        let options = SqlitePoolOptions::new().max_connections(number);
        let fixture = Self::with_timeout(timeout, options).await;
        fixture.open_connections(number).await;
        fixture
    }

    /// Makes the pool open this many connections, however often it times out.
    pub(crate) async fn open_connections(&self, number: u32) {
        let mut open = Vec::new();
        while open.len() < number as usize {
            open.extend(self.sqlx_pool().acquire().await);
        }
        for mut connection in open {
            connection.return_to_pool().await;
        }
    }

    /// Asserts that all connections return to the pool, and that it can open this many.
    ///
    /// The pool may have fewer before: it closes a connection whose caller gives up while it is tested.
    pub(crate) async fn assert_all_connections_free(&self, number: u32) {
        eventually(|| self.db.size() as usize == self.db.num_idle()).await;
        let opened = tokio::time::timeout(LONG_TIMEOUT, self.open_connections(number)).await;
        opened.expect("a permit is lost");
        let (size, idle) = (self.db.size(), self.db.num_idle());
        assert_eq!((size, idle), (number, number as usize));
    }

    pub(crate) fn sqlx_pool(&self) -> &SqlitePool {
        self.db.bypass()
    }

    /// Acquires connections until the pool times out, because a fault holds all of them.
    pub(crate) async fn wait_until_exhausted(&self) {
        while !matches!(self.db.acquire().await, Err(sqlx::Error::PoolTimedOut)) {}
    }

    /// Returns the orders in the database, without faults.
    pub(crate) async fn order_ids(&self) -> Vec<i64> {
        sqlx::query_scalar("SELECT id FROM orders ORDER BY id")
            .fetch_all(self.sqlx_pool())
            .await
            .unwrap()
    }
}

pub(crate) fn operation(name: &str) -> BlastRadius {
    BlastRadius::queries_on("orders-db").operation(name)
}

pub(crate) fn all_operations() -> BlastRadius {
    BlastRadius::queries_on("orders-db")
}

/// Creates an experiment that may affect neighbours.
pub(crate) fn collateral_experiment(fault: Fault, radius: BlastRadius) -> Experiment {
    Experiment::new(fault.kind().name())
        .fault(fault)
        .blast_radius(radius)
        .allow_collateral()
}

pub(crate) fn connections(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

/// Waits until a condition is true.
pub(crate) async fn eventually(is_true: impl Fn() -> bool) {
    let wait = async {
        while !is_true() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(LONG_TIMEOUT, wait)
        .await
        .expect("it never became true");
}
