//! The tables and the sessions that failures take.

use chaos_net::ChaosRelay;
use chaos_sqlx::{ChaosManager, ChaosPool};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Error, Executor, MySql, Row};

use super::real::Real;
use crate::on_servers::comparing;
use crate::on_servers::servers::name;

/// A database with tables, and a user who may only insert into them, under one name of their own.
pub(crate) struct Stage {
    name: String,
    options: MySqlConnectOptions,
    /// What strikes the wire between the caller and the server.
    wire: ChaosManager,
    relay: ChaosRelay,
}

impl Stage {
    pub(super) fn wire(&self) -> &ChaosManager {
        &self.wire
    }

    pub(super) fn options(&self) -> &MySqlConnectOptions {
        &self.options
    }

    pub(super) async fn session(&self) -> MySqlConnection {
        self.options.connect().await.unwrap()
    }
}

impl comparing::Stage<MySql> for Stage {
    async fn new(url: &str) -> Self {
        let name = name();
        let options: MySqlConnectOptions = url.parse().unwrap();
        let mut session = options.connect().await.unwrap();
        for sql in [
            "CREATE DATABASE {stage}",
            "USE {stage}",
            "CREATE TABLE customers (id int PRIMARY KEY)",
            "CREATE TABLE orders (id int AUTO_INCREMENT PRIMARY KEY, \
             reference varchar(20) UNIQUE, customer int, amount int CHECK (amount > 0), \
             FOREIGN KEY (customer) REFERENCES customers (id))",
            "CREATE TABLE witness (id int)",
            "CREATE TABLE small (text char(250)) ENGINE = MEMORY",
            "INSERT INTO customers VALUES (1)",
            "INSERT INTO orders (reference, customer, amount) VALUES ('a', 1, 1), ('b', 1, 1)",
            "CREATE USER {stage}@'%' WITH MAX_QUERIES_PER_HOUR 30",
            "GRANT INSERT ON {stage}.* TO {stage}@'%'",
        ] {
            let sql = sql.replace("{stage}", &name);
            run(&mut session, &sql).await.unwrap();
        }
        let wire = ChaosManager::new();
        let address = format!("{}:{}", options.get_host(), options.get_port());
        Self {
            relay: ChaosRelay::to(address).listen(&wire, "wire").await.unwrap(),
            wire,
            options: options.database(&name),
            name,
        }
    }

    fn name(&self) -> &str {
        &self.name
    }

    /// It goes through the wire.
    fn pool(&self, real: Real, chaos: &ChaosManager) -> ChaosPool<MySql> {
        let options = self.options.clone().port(self.relay.addr().port());
        let options = match real.caller() {
            Caller::MayDoAll => options,
            Caller::MayInsert => options.username(&self.name),
        };
        let pool = MySqlPoolOptions::new().max_connections(1);
        let pool = pool.connect_lazy_with(options.host("127.0.0.1"));
        ChaosPool::new(pool, chaos, "db")
    }

    fn setting(_: Real) -> Option<&'static str> {
        None
    }

    async fn witnesses(&self) -> i64 {
        let mut session = self.session().await;
        let count = session.fetch_one("SELECT count(*) FROM witness").await;
        count.unwrap().get(0)
    }

    async fn strike(self) {
        let mut session = self.session().await;
        let sql = format!("DROP DATABASE {0}; DROP USER {0}@'%'", self.name);
        run(&mut session, &sql).await.unwrap();
    }
}

/// Who it happens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    MayDoAll,
    MayInsert,
}

pub(crate) async fn run<'c>(
    session: impl Executor<'c, Database = MySql>,
    sql: &str,
) -> Result<(), Error> {
    let sql = AssertSqlSafe(sql.to_owned());
    session.execute(sql).await.map(drop)
}
