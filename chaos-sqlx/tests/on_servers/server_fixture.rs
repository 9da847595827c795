//! A table of three orders on a server, a chaos pool on it, and a pool that observes the server.

use std::time::Duration;

use chaos_sqlx::{BlastRadius, ChaosManager, ChaosPool, Experiment, Failure, Fault};
use sqlx::mysql::MySqlDatabaseError;
use sqlx::pool::PoolOptions;
use sqlx::{Error, Pool};

use crate::server::Server;
use crate::server_urls::unique_name;

pub(crate) const CONNECTIONS: u32 = 4;

/// Long enough for a busy machine.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A chaos pool on a server, and a pool that observes the server.
pub(crate) struct ServerFixture<DB: Server> {
    pub(crate) chaos: ChaosManager,
    pub(crate) db: ChaosPool<DB>,
    name: String,
    observer: Pool<DB>,
}

impl<DB: Server> ServerFixture<DB> {
    /// Creates a table of three orders; returns `None` if there is no server.
    pub(crate) async fn new() -> Option<Self> {
        let (url, name) = (DB::url()?, unique_name());
        let observer = Pool::connect(&url).await.unwrap();
        let sql = DB::CREATE_NAMESPACE.replace("{name}", &name);
        DB::query_number(&observer, &sql).await.unwrap();
        let pool = PoolOptions::new().max_connections(CONNECTIONS);
        let pool = pool.acquire_timeout(TIMEOUT);
        let pool = pool.connect_lazy_with(DB::options(&url, &name));
        for sql in [
            "CREATE TABLE orders (id bigint PRIMARY KEY, amount bigint NOT NULL)",
            "INSERT INTO orders VALUES (1, 1), (2, 1), (3, 1)",
        ] {
            DB::query_number(&pool, sql).await.unwrap();
        }
        let chaos = ChaosManager::new();
        Some(Self {
            db: ChaosPool::new(pool, &chaos, "db"),
            chaos,
            name,
            observer,
        })
    }

    /// Runs a query of [`Server`] on the observer's connection.
    async fn observe(&self, query: &str) -> i64 {
        let sql = query.replace("{name}", &self.name);
        DB::query_number(&self.observer, &sql).await.unwrap()
    }

    /// Waits until a query of [`Server`] returns this number.
    pub(crate) async fn wait_until(&self, query: &str, expected: i64) {
        let wait = async {
            while self.observe(query).await != expected {
                // MariaDB caches its list of transactions until it has not been read for 0.1 s.
                tokio::time::sleep(Duration::from_millis(120)).await;
            }
        };
        tokio::time::timeout(TIMEOUT, wait)
            .await
            .unwrap_or_else(|_| panic!("it never was {expected}: {query}"));
    }

    /// Fails a statement on a connection with these settings, and returns the error.
    pub(crate) async fn fail_statement(
        &self,
        session_settings: &str,
        failure: Failure,
        statement: &str,
    ) -> Error {
        let mut caller = self.db.acquire().await.unwrap();
        DB::run(&mut caller, session_settings).await.unwrap();
        let fault = Fault::error(failure);
        let guard = self.chaos.inject(BlastRadius::queries_on("db"), fault);
        let guard = guard.unwrap();
        let error = DB::run(&mut caller, statement).await.unwrap_err();
        assert_eq!(guard.injected(), 1);
        drop(guard);
        // Closed, to discard its settings.
        let _ = caller.close().await;
        error
    }

    /// Asserts that no injected failure has changed the orders.
    pub(crate) async fn assert_orders_unchanged(&self) {
        let count = DB::query_number(self.db.bypass(), "SELECT count(*) FROM orders");
        assert_eq!(count.await.unwrap(), 3);
    }

    pub(crate) async fn remove(self) {
        let closed = tokio::time::timeout(TIMEOUT, self.db.close()).await;
        closed.expect("the pool waits for a connection that does not return");
        self.observe(DB::DROP_NAMESPACE).await;
    }
}

/// Returns the SQLSTATE of a database error.
pub(crate) fn code(error: &Error) -> String {
    let error = error.as_database_error().expect("a database error");
    error.code().unwrap_or_default().into_owned()
}

/// Returns the error number and the SQLSTATE of a MySQL error.
pub(crate) fn number_and_code(error: &Error) -> (u16, String) {
    let native = error.as_database_error().expect("a database error");
    let native = native.downcast_ref::<MySqlDatabaseError>();
    (native.number(), code(error))
}

/// Creates an experiment that may affect neighbours.
pub(crate) fn collateral_experiment(fault: Fault, operation: &str) -> Experiment {
    Experiment::new(fault.kind().name())
        .fault(fault)
        .blast_radius(BlastRadius::queries_on("db").operation(operation))
        .allow_collateral()
}
