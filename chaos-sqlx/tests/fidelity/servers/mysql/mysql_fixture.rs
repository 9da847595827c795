//! The database, the user and the sessions that real failures of MySQL need.

use chaos_net::ChaosRelay;
use chaos_sqlx::{ChaosManager, ChaosPool};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Error, Executor, MySql, Row};

use super::super::compared_database::Fixture;
use super::super::server_urls::unique_name;
use super::real_failure::RealFailure;

/// A database with tables, and a user who may only insert into them, both with one unique name.
pub(crate) struct MySqlFixture {
    name: String,
    options: MySqlConnectOptions,
    /// Injects faults into the network connection between the caller and the server.
    wire: ChaosManager,
    relay: ChaosRelay,
}

impl MySqlFixture {
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

impl Fixture<MySql> for MySqlFixture {
    async fn create(url: &str) -> Self {
        let name = unique_name();
        let options: MySqlConnectOptions = url.parse().unwrap();
        let mut session = options.connect().await.unwrap();
        for sql in [
            "CREATE DATABASE {name}",
            "USE {name}",
            "CREATE TABLE customers (id int PRIMARY KEY)",
            "CREATE TABLE orders (id int AUTO_INCREMENT PRIMARY KEY, \
             reference varchar(20) UNIQUE, customer int, amount int CHECK (amount > 0), \
             FOREIGN KEY (customer) REFERENCES customers (id))",
            "CREATE TABLE witness (id int)",
            "CREATE TABLE small (text char(250)) ENGINE = MEMORY",
            "INSERT INTO customers VALUES (1)",
            "INSERT INTO orders (reference, customer, amount) VALUES ('a', 1, 1), ('b', 1, 1)",
            "CREATE USER {name}@'%' WITH MAX_QUERIES_PER_HOUR 30",
            "GRANT INSERT ON {name}.* TO {name}@'%'",
        ] {
            let sql = sql.replace("{name}", &name);
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

    /// Connects through the relay.
    fn pool(&self, real: RealFailure, chaos: &ChaosManager) -> ChaosPool<MySql> {
        let options = self.options.clone().port(self.relay.addr().port());
        let options = match real.caller() {
            Caller::Admin => options,
            Caller::InsertOnly => options.username(&self.name),
        };
        let pool = MySqlPoolOptions::new().max_connections(1);
        let pool = pool.connect_lazy_with(options.host("127.0.0.1"));
        ChaosPool::new(pool, chaos, "db")
    }

    fn session_setting(_: RealFailure) -> Option<&'static str> {
        None
    }

    async fn count_witness_rows(&self) -> i64 {
        let mut session = self.session().await;
        let count = session.fetch_one("SELECT count(*) FROM witness").await;
        count.unwrap().get(0)
    }

    async fn remove(self) {
        let mut session = self.session().await;
        let sql = format!("DROP DATABASE {0}; DROP USER {0}@'%'", self.name);
        run(&mut session, &sql).await.unwrap();
    }
}

/// The user whose statement fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    Admin,
    InsertOnly,
}

pub(crate) async fn run<'c>(
    session: impl Executor<'c, Database = MySql>,
    sql: &str,
) -> Result<(), Error> {
    let sql = AssertSqlSafe(sql.to_owned());
    session.execute(sql).await.map(drop)
}
