//! A server, and who looks at what goes on there.

use std::time::Duration;

use chaos_sqlx::{
    BlastRadius, ChaosConnection, ChaosDatabase, ChaosManager, ChaosPool, Experiment, Fault,
};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sqlx::pool::PoolOptions;
use sqlx::{AssertSqlSafe, Connection, Error, Executor, MySql, Pool, Postgres, Row};

use crate::servers::{self, name};

/// A server, with the words for what is to be known of it.
///
/// `{name}` stands for the name that tells our sessions from those of others.
pub(crate) trait Server: ChaosDatabase {
    fn url() -> Option<String>;
    fn options(url: &str, name: &str) -> Options<Self>;
    /// What makes a place of its own for its tables.
    const BEGIN: &str;
    const END: &str;
    const SESSIONS: &str;
    const SLEEPING: &str;
    const WAITING: &str;
    /// Locks and transactions.
    const HELD: &str;
    /// What statements of a transaction are told in which one has failed.
    const ABORTED: Option<&str>;
    fn run<'c>(
        caller: &'c mut ChaosConnection<Self>,
        sql: &'c str,
    ) -> BoxFuture<'c, Result<(), Error>>;
    /// Executes it somewhere else, and says how much there is of something.
    fn ask<'c>(pool: &'c Pool<Self>, sql: &'c str) -> BoxFuture<'c, Result<i64, Error>>;
}

type Options<DB> = <<DB as sqlx::Database>::Connection as Connection>::Options;

/// One for each driver: written once for all, it overflows the evaluation of traits.
macro_rules! run_and_ask {
    () => {
        fn run<'c>(
            caller: &'c mut ChaosConnection<Self>,
            sql: &'c str,
        ) -> BoxFuture<'c, Result<(), Error>> {
            async move {
                let sql = AssertSqlSafe(sql.to_owned());
                caller.execute(sql).await.map(drop)
            }
            .boxed()
        }

        fn ask<'c>(pool: &'c Pool<Self>, sql: &'c str) -> BoxFuture<'c, Result<i64, Error>> {
            async move {
                let row = pool.fetch_optional(AssertSqlSafe(sql.to_owned())).await?;
                Ok(row.map_or(0, |row| row.get(0)))
            }
            .boxed()
        }
    };
}

impl Server for Postgres {
    fn url() -> Option<String> {
        servers::postgres()
    }

    fn options(url: &str, name: &str) -> Options<Self> {
        let options: Options<Self> = url.parse().unwrap();
        let options = options.application_name(name);
        options.options([("search_path", name)])
    }

    const BEGIN: &str = "CREATE SCHEMA {name}";
    const END: &str = "DROP SCHEMA {name} CASCADE";
    const SESSIONS: &str = "SELECT count(*) FROM pg_stat_activity \
        WHERE application_name = '{name}'";
    const SLEEPING: &str = "SELECT count(*) FROM pg_stat_activity \
        WHERE application_name = '{name}' AND wait_event = 'PgSleep'";
    const WAITING: &str = "SELECT count(*) FROM pg_stat_activity \
        WHERE application_name = '{name}' AND wait_event_type = 'Lock'";
    const HELD: &str = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) \
        WHERE application_name = '{name}'";
    const ABORTED: Option<&str> = Some("25P02");

    run_and_ask!();
}

impl Server for MySql {
    fn url() -> Option<String> {
        servers::mysql()
    }

    fn options(url: &str, name: &str) -> Options<Self> {
        let options: Options<Self> = url.parse().unwrap();
        options.database(name)
    }

    const BEGIN: &str = "CREATE DATABASE {name}";
    const END: &str = "DROP DATABASE {name}";
    const SESSIONS: &str = "SELECT count(*) FROM information_schema.processlist \
        WHERE db = '{name}'";
    const SLEEPING: &str = "SELECT count(*) FROM information_schema.processlist \
        WHERE db = '{name}' AND state = 'User sleep'";
    const WAITING: &str = "SELECT count(*) FROM information_schema.processlist \
        WHERE db = '{name}' AND state = 'Updating'";
    const HELD: &str = "SELECT count(*) FROM information_schema.innodb_trx t \
        JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id \
        WHERE p.db = '{name}'";
    const ABORTED: Option<&str> = None;

    run_and_ask!();
}

/// A pool under faults, and who looks on from elsewhere.
pub(crate) struct Setting<DB: Server> {
    pub(crate) chaos: ChaosManager,
    pub(crate) db: ChaosPool<DB>,
    name: String,
    onlooker: Pool<DB>,
}

impl<DB: Server> Setting<DB> {
    /// A table of three orders, unless there is no server.
    pub(crate) async fn new() -> Option<Self> {
        let (url, name) = (DB::url()?, name());
        let onlooker = Pool::connect(&url).await.unwrap();
        let sql = DB::BEGIN.replace("{name}", &name);
        DB::ask(&onlooker, &sql).await.unwrap();
        let pool = PoolOptions::new().max_connections(CONNECTIONS);
        let pool = pool.acquire_timeout(PATIENCE);
        let pool = pool.connect_lazy_with(DB::options(&url, &name));
        for sql in [
            "CREATE TABLE orders (id bigint PRIMARY KEY, amount bigint NOT NULL)",
            "INSERT INTO orders VALUES (1, 1), (2, 1), (3, 1)",
        ] {
            DB::ask(&pool, sql).await.unwrap();
        }
        let chaos = ChaosManager::new();
        Some(Self {
            db: ChaosPool::new(pool, &chaos, "db"),
            chaos,
            name,
            onlooker,
        })
    }

    /// How much there is of something.
    pub(crate) async fn count(&self, query: &str) -> i64 {
        let sql = query.replace("{name}", &self.name);
        DB::ask(&self.onlooker, &sql).await.unwrap()
    }

    /// Comes back when there is so much of something.
    pub(crate) async fn until(&self, query: &str, count: i64) {
        let wait = async {
            while self.count(query).await != count {
                // What a server tells of its transactions may be as old as the last time that anybody asked.
                tokio::time::sleep(Duration::from_millis(120)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait)
            .await
            .unwrap_or_else(|_| panic!("there never were {count}: {query}"));
    }

    pub(crate) async fn end(self) {
        let closed = tokio::time::timeout(PATIENCE, self.db.close()).await;
        closed.expect("the pool waits for a connection that does not come back");
        self.count(DB::END).await;
    }
}

pub(crate) const CONNECTIONS: u32 = 4;

/// What does not come in this time does not come at all, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// An experiment that may reach neighbours.
pub(crate) fn collateral(fault: Fault, operation: &str) -> Experiment {
    Experiment::new(fault.kind().name())
        .fault(fault)
        .blast_radius(BlastRadius::queries_on("db").operation(operation))
        .allow_collateral()
}
