//! The schema, the role and the sessions that real failures of Postgres need.

use chaos_net::ChaosRelay;
use chaos_sqlx::{ChaosManager, ChaosPool};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Error, Executor, Postgres, Row};

use super::super::compared_database::Fixture;
use super::super::server_urls::unique_name;
use super::real_failure::RealFailure;

/// A schema with tables, and a role without privileges on them, both with one unique name.
pub(crate) struct PostgresFixture {
    name: String,
    options: PgConnectOptions,
    /// Injects faults into the network connection between the caller and the server.
    wire: ChaosManager,
    relay: ChaosRelay,
}

impl PostgresFixture {
    pub(super) fn wire(&self) -> &ChaosManager {
        &self.wire
    }

    pub(super) async fn session(&self) -> PgConnection {
        self.options.connect().await.unwrap()
    }
}

impl Fixture<Postgres> for PostgresFixture {
    async fn create(url: &str) -> Self {
        let name = unique_name();
        let options: PgConnectOptions = url.parse().unwrap();
        let wire = ChaosManager::new();
        let address = format!("{}:{}", options.get_host(), options.get_port());
        let fixture = Self {
            relay: ChaosRelay::to(address).listen(&wire, "wire").await.unwrap(),
            wire,
            options: options.options([("search_path", &name)]),
            name,
        };
        let mut session = fixture.session().await;
        for sql in [
            "CREATE SCHEMA {name}",
            "CREATE TABLE customers (id int PRIMARY KEY)",
            "CREATE TABLE orders (id serial PRIMARY KEY, reference text UNIQUE, \
             customer int REFERENCES customers, amount int CHECK (amount > 0))",
            "CREATE TABLE witness (id int)",
            "INSERT INTO customers VALUES (1)",
            "INSERT INTO orders (reference, customer, amount) VALUES ('a', 1, 1), ('b', 1, 1)",
            "CREATE ROLE {name}",
            "GRANT USAGE ON SCHEMA {name} TO {name}",
        ] {
            let sql = sql.replace("{name}", &fixture.name);
            run(&mut session, &sql).await.unwrap();
        }
        fixture
    }

    fn name(&self) -> &str {
        &self.name
    }

    /// Connects through the relay.
    fn pool(&self, _: RealFailure, chaos: &ChaosManager) -> ChaosPool<Postgres> {
        let options = self.options.clone().port(self.relay.addr().port());
        let pool = PgPoolOptions::new().max_connections(1);
        let pool = pool.connect_lazy_with(options.host("127.0.0.1"));
        ChaosPool::new(pool, chaos, "db")
    }

    fn session_setting(real: RealFailure) -> Option<&'static str> {
        real.session_setting()
    }

    async fn count_witness_rows(&self) -> i64 {
        let mut session = self.session().await;
        let count = session.fetch_one("SELECT count(*) FROM witness").await;
        count.unwrap().get(0)
    }

    async fn remove(self) {
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
