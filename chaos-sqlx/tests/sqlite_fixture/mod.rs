//! A database with some orders, whose pool is under faults.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::num::NonZeroU32;
use std::time::Duration;

use chaos_sqlx::{BlastRadius, ChaosManager, ChaosPool, Experiment, Fault};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{ConnectOptions, Connection, Executor, Sqlite, SqlitePool};
use tempfile::TempDir;

pub(crate) struct Setting {
    pub(crate) chaos: ChaosManager,
    pub(crate) db: ChaosPool<Sqlite>,
    pub(crate) directory: TempDir,
}

/// How long the pools of tests wait for what does not come.
pub(crate) const PATIENCE: Duration = Duration::from_millis(500);

/// How long they wait for what comes, also on a busy machine.
const LONG: Duration = Duration::from_secs(60);

impl Setting {
    /// A file with a table of three orders, 1 to 3.
    pub(crate) async fn new() -> Self {
        Self::with(SqlitePoolOptions::new()).await
    }

    pub(crate) async fn with(options: SqlitePoolOptions) -> Self {
        Self::as_patient_as(LONG, options).await
    }

    /// One whose pool waits no longer than this, be it for a connection or for a lock.
    pub(crate) async fn as_patient_as(patience: Duration, options: SqlitePoolOptions) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = SqliteConnectOptions::new()
            .filename(directory.path().join("database"))
            .create_if_missing(true)
            .busy_timeout(patience);
        // By a connection of its own, which is as patient as it takes.
        let mut first = file.connect().await.unwrap();
        first
            .execute(
                "CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT NOT NULL);
                 INSERT INTO orders VALUES (1, 'tea'), (2, 'milk'), (3, 'rice')",
            )
            .await
            .unwrap();
        first.close().await.unwrap();
        let pool = options.acquire_timeout(patience).connect_lazy_with(file);
        let chaos = ChaosManager::new();
        let db = ChaosPool::new(pool, &chaos, "orders-db");
        Self {
            chaos,
            db,
            directory,
        }
    }

    /// As many connections as this, and no fewer.
    pub(crate) async fn with_connections(number: u32) -> Self {
        Self::with_connections_as_patient_as(LONG, number).await
    }

    /// As many connections as this, of a pool that does not wait long for what does not come.
    pub(crate) async fn impatient(number: u32) -> Self {
        Self::with_connections_as_patient_as(PATIENCE, number).await
    }

    async fn with_connections_as_patient_as(patience: Duration, number: u32) -> Self {
        let options = SqlitePoolOptions::new().max_connections(number);
        let setting = Self::as_patient_as(patience, options).await;
        setting.open(number).await;
        setting
    }

    /// Has the pool open so many connections, however long that takes.
    pub(crate) async fn open(&self, number: u32) {
        let mut open = Vec::new();
        while open.len() < number as usize {
            open.extend(self.bare().acquire().await);
        }
        for mut connection in open {
            connection.return_to_pool().await;
        }
    }

    /// Wants all connections to come back, and so many to be had.
    ///
    /// The pool may have fewer by then: one whose taker gave up while it was tried is closed.
    pub(crate) async fn is_whole(&self, number: u32) {
        eventually(|| self.db.size() as usize == self.db.num_idle()).await;
        let opened = tokio::time::timeout(LONG, self.open(number)).await;
        opened.expect("a permit is lost");
        let (size, idle) = (self.db.size(), self.db.num_idle());
        assert_eq!((size, idle), (number, number as usize));
    }

    pub(crate) fn bare(&self) -> &SqlitePool {
        self.db.bypass()
    }

    /// Asks for connections until there are none; those that come free are taken by whoever came first.
    pub(crate) async fn starve(&self) {
        while !matches!(self.db.acquire().await, Err(sqlx::Error::PoolTimedOut)) {}
    }

    /// The orders that are really there, whatever anybody was told.
    pub(crate) async fn orders(&self) -> Vec<i64> {
        sqlx::query_scalar("SELECT id FROM orders ORDER BY id")
            .fetch_all(self.bare())
            .await
            .unwrap()
    }
}

pub(crate) fn on(operation: &str) -> BlastRadius {
    BlastRadius::queries_on("orders-db").operation(operation)
}

pub(crate) fn anywhere() -> BlastRadius {
    BlastRadius::queries_on("orders-db")
}

/// An experiment whose fault reaches neighbours.
pub(crate) fn collateral(fault: Fault, radius: BlastRadius) -> Experiment {
    Experiment::new(fault.kind().name())
        .fault(fault)
        .blast_radius(radius)
        .allow_collateral()
}

pub(crate) fn connections(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

/// Comes back when something has become true.
pub(crate) async fn eventually(is_true: impl Fn() -> bool) {
    let wait = async {
        while !is_true() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(LONG, wait)
        .await
        .expect("it never became true");
}
