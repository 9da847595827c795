//! What is done with a database: its names, and what selects it.

use chaos_core::Event;
use chaos_sqlx::{BlastRadius, ChaosPool, Experiment, Failure, Fault, Pattern};
use setting::{Setting, anywhere, on};
use sqlx::{Executor, SqlStr, Sqlite};

mod setting;

/// Does what a service does, as far as it gets.
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

/// The operations that an experiment would strike, in their order.
async fn selected(radius: BlastRadius) -> Vec<String> {
    let setting = Setting::new().await;
    let experiment = Experiment::new("looks on")
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(radius)
        .dry_run();
    let _guard = setting.chaos.start(experiment).unwrap();
    work(&setting.db).await.unwrap();
    let journal = setting.chaos.journal();
    let injected = journal.into_iter().filter_map(|entry| match entry.event {
        Event::Injected(injected) => Some(injected.operation),
        _ => None,
    });
    injected.collect()
}

#[tokio::test]
async fn everything_that_is_done_has_a_name() {
    assert_eq!(selected(anywhere()).await, NAMES);
}

#[tokio::test]
async fn only_writes() {
    let writes = anywhere().attribute("access", "write");
    assert_eq!(
        selected(writes).await,
        ["INSERT orders", "UPDATE orders", "DELETE orders"]
    );
}

#[tokio::test]
async fn only_reads() {
    let reads = anywhere().attribute("access", "read");
    assert_eq!(selected(reads).await, ["SELECT orders", "SELECT"]);
}

#[tokio::test]
async fn only_one_table() {
    let orders = anywhere().attribute("table", "orders");
    let names = [
        "INSERT orders",
        "SELECT orders",
        "UPDATE orders",
        "DELETE orders",
    ];
    assert_eq!(selected(orders).await, names);
    assert_eq!(selected(on("* orders")).await, names);
}

#[tokio::test]
async fn only_commits() {
    assert_eq!(selected(on("COMMIT")).await, ["COMMIT"]);
}

#[tokio::test]
async fn only_one_verb() {
    let begins = anywhere().attribute("verb", "BEGIN");
    assert_eq!(selected(begins).await, ["BEGIN", "BEGIN"]);
}

#[tokio::test]
async fn another_database_is_left_alone() {
    let setting = Setting::impatient(2).await;
    let elsewhere = ChaosPool::new(setting.bare().clone(), &setting.chaos, "stock-db");
    let down = Fault::error(Failure::Unavailable);
    let guard = setting
        .chaos
        .inject(BlastRadius::queries_on("stock-db"), down)
        .unwrap();
    work(&setting.db).await.unwrap();
    assert_eq!(guard.injected(), 0);
    assert!(elsewhere.execute("SELECT 1").await.is_err());
}

#[tokio::test]
async fn nothing_strikes_who_goes_round_us() {
    let setting = Setting::new().await;
    let down = Fault::error(Failure::Unavailable);
    let guard = setting.chaos.inject(on("SELECT*"), down).unwrap();
    let mut connection = setting.db.acquire().await.unwrap();
    connection
        .bypass()
        .unwrap()
        .execute("SELECT 1")
        .await
        .unwrap();
    let mut acquired = sqlx::Acquire::acquire(&setting.db).await.unwrap();
    acquired.execute("SELECT 1").await.unwrap();
    assert_eq!(guard.injected(), 0);
    assert!(connection.execute("SELECT 1").await.is_err());
}

#[tokio::test]
async fn acquire_and_begin_are_struck_on_the_way_round_us_too() {
    let setting = Setting::impatient(2).await;
    let ids = |guard: chaos_sqlx::ExperimentGuard| guard.injected();
    for operation in ["acquire", "BEGIN"] {
        let down = Fault::error(Failure::Unavailable);
        let guard = setting.chaos.inject(on(operation), down).unwrap();
        assert!(
            sqlx::Acquire::begin(&setting.db).await.is_err(),
            "{operation}"
        );
        assert_eq!(ids(guard), 1);
    }
    let mut connection = setting.db.acquire().await.unwrap();
    let guard = setting.chaos.inject(on("BEGIN"), Fault::reset()).unwrap();
    assert!(sqlx::Acquire::begin(&mut *connection).await.is_err());
    assert_eq!(ids(guard), 1);
}

#[tokio::test]
async fn a_statement_that_is_never_polled_takes_its_turn_on_a_connection_but_not_on_a_pool() {
    let setting = Setting::new().await;
    let once = || {
        let once = Experiment::new("once").fault(Fault::error(Failure::DiskFull));
        let once = once.blast_radius(on("SELECT*")).pattern(Pattern::first(1));
        setting.chaos.start(once).unwrap()
    };
    let mut connection = setting.db.acquire().await.unwrap();

    let guard = once();
    drop(connection.fetch("SELECT 1"));
    connection.execute("SELECT 1").await.unwrap();
    drop(guard);

    let _guard = once();
    drop(setting.db.fetch("SELECT 1"));
    connection.execute("SELECT 1").await.unwrap_err();
}
