//! The servers, and the SQL that observes each of them.

use chaos_sqlx::{ChaosConnection, ChaosDatabase};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sqlx::{AssertSqlSafe, Connection, Error, Executor, MySql, Pool, Postgres, Row};

use crate::server_urls;

/// A server, and the SQL that observes it.
///
/// `{name}` stands for the unique name of the fixture, by which its sessions are found.
pub(crate) trait Server: ChaosDatabase {
    fn url() -> Option<String>;
    fn options(url: &str, name: &str) -> Options<Self>;
    /// Creates the schema or database for the fixture's tables.
    const CREATE_NAMESPACE: &str;
    const DROP_NAMESPACE: &str;
    const COUNT_SESSIONS: &str;
    const COUNT_SLEEPING_SESSIONS: &str;
    const COUNT_WAITING_SESSIONS: &str;
    const COUNT_LOCKS_AND_TRANSACTIONS: &str;
    /// The SQLSTATE of a statement in a transaction in which another statement has failed.
    const ABORTED: Option<&str>;
    fn run<'c>(
        caller: &'c mut ChaosConnection<Self>,
        sql: &'c str,
    ) -> BoxFuture<'c, Result<(), Error>>;
    /// Executes SQL without faults, and returns the number in its first row.
    fn query_number<'c>(pool: &'c Pool<Self>, sql: &'c str) -> BoxFuture<'c, Result<i64, Error>>;
}

type Options<DB> = <<DB as sqlx::Database>::Connection as Connection>::Options;

/// Implements the methods for one database: a generic implementation would overflow the evaluation of traits.
macro_rules! impl_queries {
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

        fn query_number<'c>(
            pool: &'c Pool<Self>,
            sql: &'c str,
        ) -> BoxFuture<'c, Result<i64, Error>> {
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
        server_urls::postgres()
    }

    fn options(url: &str, name: &str) -> Options<Self> {
        let options: Options<Self> = url.parse().unwrap();
        let options = options.application_name(name);
        options.options([("search_path", name)])
    }

    const CREATE_NAMESPACE: &str = "CREATE SCHEMA {name}";
    const DROP_NAMESPACE: &str = "DROP SCHEMA {name} CASCADE";
    const COUNT_SESSIONS: &str = "SELECT count(*) FROM pg_stat_activity \
        WHERE application_name = '{name}'";
    const COUNT_SLEEPING_SESSIONS: &str = "SELECT count(*) FROM pg_stat_activity \
        WHERE application_name = '{name}' AND wait_event = 'PgSleep'";
    const COUNT_WAITING_SESSIONS: &str = "SELECT count(*) FROM pg_stat_activity \
        WHERE application_name = '{name}' AND wait_event_type = 'Lock'";
    const COUNT_LOCKS_AND_TRANSACTIONS: &str = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) \
        WHERE application_name = '{name}'";
    const ABORTED: Option<&str> = Some("25P02");

    impl_queries!();
}

impl Server for MySql {
    fn url() -> Option<String> {
        server_urls::mysql()
    }

    fn options(url: &str, name: &str) -> Options<Self> {
        let options: Options<Self> = url.parse().unwrap();
        options.database(name)
    }

    const CREATE_NAMESPACE: &str = "CREATE DATABASE {name}";
    const DROP_NAMESPACE: &str = "DROP DATABASE {name}";
    const COUNT_SESSIONS: &str = "SELECT count(*) FROM information_schema.processlist \
        WHERE db = '{name}'";
    const COUNT_SLEEPING_SESSIONS: &str = "SELECT count(*) FROM information_schema.processlist \
        WHERE db = '{name}' AND state = 'User sleep'";
    const COUNT_WAITING_SESSIONS: &str = "SELECT count(*) FROM information_schema.processlist \
        WHERE db = '{name}' AND state = 'Updating'";
    const COUNT_LOCKS_AND_TRANSACTIONS: &str = "SELECT count(*) FROM information_schema.innodb_trx t \
        JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id \
        WHERE p.db = '{name}'";
    const ABORTED: Option<&str> = None;

    impl_queries!();
}
