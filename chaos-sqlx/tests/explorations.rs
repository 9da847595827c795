//! The exploration in the documentation of `chaos-explore` that gives each run a schema of its own.

mod server_urls;

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use chaos_explore::{FaultCase, Faults, explore};
use chaos_sqlx::ChaosPool;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, Executor};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

static RUNS: AtomicU32 = AtomicU32::new(0);

#[sqlx::test(migrations = false)]
#[ignore = "run by the test below, with the URL of a server"]
async fn a_customer_is_stored_once(_: PgPoolOptions, options: PgConnectOptions) {
    let exploration = explore(async move |chaos| {
        let schema = format!("run_{}", RUNS.fetch_add(1, Relaxed));
        let mut admin = PgConnection::connect_with(&options).await.unwrap();
        let create = format!("CREATE SCHEMA {schema}");
        admin.execute(AssertSqlSafe(create)).await.unwrap();
        let options = options.clone().options([("search_path", &schema)]);
        let pool = PgPoolOptions::new().max_connections(2);
        let pool = pool.connect_with(options).await.unwrap();
        sqlx::migrate!("tests/migrations").run(&pool).await.unwrap();
        ChaosPool::new(pool, &chaos, "orders-db")
    })
    .act(async |db| {
        let insert = sqlx::query("INSERT INTO customers (id, name) VALUES (1, 'Ada')");
        let inserted = timeout(Duration::from_secs(5), insert.execute(&*db)).await;
        inserted.is_ok_and(|reply| reply.is_ok())
    })
    .verify(async |db, is_stored| {
        let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM customers");
        let stored = count.fetch_one(&*db).await.unwrap();
        assert!(stored == 1 || !is_stored, "{stored} stored");
    });
    // The exploration blocks its thread.
    spawn_blocking(|| exploration.run()).await.unwrap();
}

#[test]
fn runs_with_schemas_of_their_own_do_not_disturb_each_other() {
    let Some(url) = server_urls::postgres() else {
        return;
    };
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_customer_is_stored_once", "--ignored"])
        .env("DATABASE_URL", url)
        .env_remove("CHAOS_REPLAY")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "{text}");
}

/// The documentation has no compiler of its own, as `chaos-explore` does not depend on sqlx.
#[test]
fn the_documentation_has_the_code_of_this_test() {
    let docs = include_str!("../../chaos-explore/src/lib.rs");
    let start = docs.find("//! static RUNS").unwrap();
    let example = &docs[start..];
    let example = &example[..example.find("//! ```").unwrap()];
    let lines = example.lines().map(|line| &line[line.len().min(4)..]);
    let documented: Vec<_> = lines.collect();
    let compiled = include_str!("explorations.rs");
    let start = compiled.find("static RUNS").unwrap();
    let compiled = compiled[start..].replace("(\"tests/migrations\")", "()");
    let lines = compiled
        .lines()
        .filter(|line| !line.starts_with("#[ignore"));
    let compiled: Vec<_> = lines.take(documented.len()).collect();
    assert_eq!(documented, compiled);
}

/// One dependency besides `chaos-explore` is enough to choose the faults.
#[test]
fn the_faults_of_an_exploration_are_named_by_this_crate_alone() {
    use chaos_sqlx::{Failure, Fault, Phase, SiteKind};
    let deadlock = FaultCase::once(Fault::error(Failure::Deadlock), Phase::Before);
    let chosen = Faults::none().and(SiteKind::Database, deadlock);
    let rest = chosen.without(SiteKind::Database);
    assert_eq!(format!("{rest:?}"), format!("{:?}", Faults::none()));
}
