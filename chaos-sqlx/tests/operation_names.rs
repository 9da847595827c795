//! The names of operations, and how blast radii select them.

use chaos_core::Event;
use chaos_sqlx::{BlastRadius, ChaosPool, Experiment, Failure, Fault, Pattern};
use sqlite_fixture::{SqliteFixture, all_operations, operation};
use sqlx::{Executor, SqlStr, Sqlite};

mod sqlite_fixture;

/// Runs statements of a typical service, until one fails.
async fn work(db: &ChaosPool<Sqlite>) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO orders VALUES (4, 'salt')")
        .execute(db)
        .await?;
    let mut transaction = db.begin().await?;
    sqlx::query("SELECT * FROM orders WHERE id = ?")
        .bind(1)
        .fetch_optional(&mut *transaction)
        .await?;
    let mut nested = transaction.begin().await?;
    nested
        .execute("UPDATE orders SET item = 'oats' WHERE id IN (SELECT id FROM orders)")
        .await?;
    nested.rollback().await?;
    transaction.commit().await?;
    let mut connection = db.acquire().await?;
    connection.prepare(SqlStr::from_static("SELECT 1")).await?;
    connection.ping().await?;
    connection
        .execute("SELECT * FROM orders a, sqlite_schema b")
        .await?;
    connection
        .execute("-- by hand\n delete from \"main\".\"orders\" where id = 4")
        .await
        .map(drop)
}

const NAMES: [&str; 14] = [
    "acquire",
    "INSERT orders",
    "acquire",
    "BEGIN",
    "SELECT orders",
    "BEGIN",
    "UPDATE orders",
    "ROLLBACK",
    "COMMIT",
    "acquire",
    "PREPARE",
    "PING",
    "SELECT",
    "DELETE orders",
];

/// Returns the operations that an experiment with this radius would hit, in order.
async fn selected(radius: BlastRadius) -> Vec<String> {
    let fixture = SqliteFixture::new().await;
    let experiment = Experiment::new("dry run")
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(radius)
        .dry_run();
    let _guard = fixture.chaos.start(experiment).unwrap();
    work(&fixture.db).await.unwrap();
    let journal = fixture.chaos.journal();
    let injected = journal.into_iter().filter_map(|entry| match entry.event {
        Event::Injected(injected) => Some(injected.operation),
        _ => None,
    });
    injected.collect()
}

#[tokio::test]
async fn every_operation_has_a_name() {
    assert_eq!(selected(all_operations()).await, NAMES);
}

#[tokio::test]
async fn writes_are_selected_by_their_access() {
    let writes = all_operations().attribute("access", "write");
    assert_eq!(
        selected(writes).await,
        ["INSERT orders", "UPDATE orders", "DELETE orders"]
    );
}

#[tokio::test]
async fn reads_are_selected_by_their_access() {
    let reads = all_operations().attribute("access", "read");
    assert_eq!(selected(reads).await, ["SELECT orders", "SELECT"]);
}

#[tokio::test]
async fn a_table_is_selected_by_attribute_or_name() {
    let orders = all_operations().attribute("table", "orders");
    let names = [
        "INSERT orders",
        "SELECT orders",
        "UPDATE orders",
        "DELETE orders",
    ];
    assert_eq!(selected(orders).await, names);
    assert_eq!(selected(operation("* orders")).await, names);
}

#[tokio::test]
async fn commits_are_selected_by_name() {
    assert_eq!(selected(operation("COMMIT")).await, ["COMMIT"]);
}

#[tokio::test]
async fn a_verb_is_selected_by_attribute() {
    let begins = all_operations().attribute("verb", "BEGIN");
    assert_eq!(selected(begins).await, ["BEGIN", "BEGIN"]);
}

#[tokio::test]
async fn other_databases_are_not_hit() {
    let fixture = SqliteFixture::with_short_timeout(2).await;
    let elsewhere = ChaosPool::new(fixture.sqlx_pool().clone(), &fixture.chaos, "stock-db");
    let down = Fault::error(Failure::Unavailable);
    let guard = fixture
        .chaos
        .inject(BlastRadius::queries_on("stock-db"), down)
        .unwrap();
    work(&fixture.db).await.unwrap();
    assert_eq!(guard.injected(), 0);
    assert!(elsewhere.execute("SELECT 1").await.is_err());
}

#[tokio::test]
async fn bypassed_statements_are_not_hit() {
    let fixture = SqliteFixture::new().await;
    let down = Fault::error(Failure::Unavailable);
    let guard = fixture.chaos.inject(operation("SELECT*"), down).unwrap();
    let mut connection = fixture.db.acquire().await.unwrap();
    connection
        .bypass()
        .unwrap()
        .execute("SELECT 1")
        .await
        .unwrap();
    let mut acquired = sqlx::Acquire::acquire(&fixture.db).await.unwrap();
    acquired.execute("SELECT 1").await.unwrap();
    assert_eq!(guard.injected(), 0);
    assert!(connection.execute("SELECT 1").await.is_err());
}

#[tokio::test]
async fn acquire_and_begin_of_bare_connections_are_hit() {
    let fixture = SqliteFixture::with_short_timeout(2).await;
    for name in ["acquire", "BEGIN"] {
        let down = Fault::error(Failure::Unavailable);
        let guard = fixture.chaos.inject(operation(name), down).unwrap();
        assert!(sqlx::Acquire::begin(&fixture.db).await.is_err(), "{name}");
        assert_eq!(guard.injected(), 1);
    }
    let mut connection = fixture.db.acquire().await.unwrap();
    let guard = fixture
        .chaos
        .inject(operation("BEGIN"), Fault::reset())
        .unwrap();
    assert!(sqlx::Acquire::begin(&mut *connection).await.is_err());
    assert_eq!(guard.injected(), 1);
}

#[tokio::test]
async fn an_unpolled_statement_counts_for_patterns_on_a_connection_but_not_on_a_pool() {
    let fixture = SqliteFixture::new().await;
    let once = || {
        let once = Experiment::new("once").fault(Fault::error(Failure::DiskFull));
        let once = once
            .blast_radius(operation("SELECT*"))
            .pattern(Pattern::first(1));
        fixture.chaos.start(once).unwrap()
    };
    let mut connection = fixture.db.acquire().await.unwrap();

    let guard = once();
    drop(connection.fetch("SELECT 1"));
    connection.execute("SELECT 1").await.unwrap();
    drop(guard);

    let _guard = once();
    drop(fixture.db.fetch("SELECT 1"));
    connection.execute("SELECT 1").await.unwrap_err();
}
