//! The tables and the sessions that failures take.

use chaos_net::ChaosRelay;
use chaos_sqlx::{ChaosManager, ChaosPool};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Error, Executor, Postgres, Row};

use super::real::Real;
use crate::on_servers::comparing;
use crate::on_servers::servers::name;

/// A schema with tables, and a role that may do nothing with them, under one name of their own.
pub(crate) struct Stage {
    name: String,
    options: PgConnectOptions,
    /// What strikes the wire between the caller and the server.
    wire: ChaosManager,
    relay: ChaosRelay,
}

impl Stage {
    pub(super) fn wire(&self) -> &ChaosManager {
        &self.wire
    }

    pub(super) async fn session(&self) -> PgConnection {
        self.options.connect().await.unwrap()
    }
}

impl comparing::Stage<Postgres> for Stage {
    async fn new(url: &str) -> Self {
        let name = name();
        let options: PgConnectOptions = url.parse().unwrap();
        let wire = ChaosManager::new();
        let address = format!("{}:{}", options.get_host(), options.get_port());
        let stage = Self {
            relay: ChaosRelay::to(address).listen(&wire, "wire").await.unwrap(),
            wire,
            options: options.options([("search_path", &name)]),
            name,
        };
        let mut session = stage.session().await;
        for sql in [
            "CREATE SCHEMA {stage}",
            "CREATE TABLE customers (id int PRIMARY KEY)",
            "CREATE TABLE orders (id serial PRIMARY KEY, reference text UNIQUE, \
             customer int REFERENCES customers, amount int CHECK (amount > 0))",
            "CREATE TABLE witness (id int)",
            "INSERT INTO customers VALUES (1)",
            "INSERT INTO orders (reference, customer, amount) VALUES ('a', 1, 1), ('b', 1, 1)",
            "CREATE ROLE {stage}",
            "GRANT USAGE ON SCHEMA {stage} TO {stage}",
        ] {
            let sql = sql.replace("{stage}", &stage.name);
            run(&mut session, &sql).await.unwrap();
        }
        stage
    }

    fn name(&self) -> &str {
        &self.name
    }

    /// It goes through the wire.
    fn pool(&self, _: Real, chaos: &ChaosManager) -> ChaosPool<Postgres> {
        let options = self.options.clone().port(self.relay.addr().port());
        let pool = PgPoolOptions::new().max_connections(1);
        let pool = pool.connect_lazy_with(options.host("127.0.0.1"));
        ChaosPool::new(pool, chaos, "db")
    }

    fn setting(real: Real) -> Option<&'static str> {
        real.setting()
    }

    async fn witnesses(&self) -> i64 {
        let mut session = self.session().await;
        let count = session.fetch_one("SELECT count(*) FROM witness").await;
        count.unwrap().get(0)
    }

    async fn strike(self) {
        let sql = format!("DROP SCHEMA {0} CASCADE; DROP ROLE {0}", self.name);
        run(&mut self.session().await, &sql).await.unwrap();
    }
}

pub(crate) async fn run<'c>(
    session: impl Executor<'c, Database = Postgres>,
    sql: &str,
) -> Result<(), Error> {
    let sql = AssertSqlSafe(sql.to_owned());
    session.execute(sql).await.map(drop)
}
