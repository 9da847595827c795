//! Faults that strike a statement, before it and after it.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use chaos_sqlx::{BlastRadius, Disconnect, Experiment, ExperimentGuard, Failure, Fault, Phase};
use setting::{Setting, on};
use sqlx::Executor;
use sqlx::sqlite::SqliteError;

mod setting;

fn start(setting: &Setting, fault: Fault, phase: Phase, radius: BlastRadius) -> ExperimentGuard {
    let experiment = Experiment::new("struck")
        .fault(fault)
        .phase(phase)
        .blast_radius(radius);
    setting.chaos.start(experiment).unwrap()
}

fn io_kind(error: &sqlx::Error) -> ErrorKind {
    match error {
        sqlx::Error::Io(error) => error.kind(),
        other => panic!("not an I/O error: {other:?}"),
    }
}

const INSERT: &str = "INSERT INTO orders VALUES (4, 'salt')";

#[tokio::test]
async fn before_it_the_statement_is_not_done() {
    let setting = Setting::new().await;
    let full = Fault::error(Failure::DiskFull);
    let guard = start(&setting, full, Phase::Before, on("INSERT orders"));
    let error = setting.db.execute(INSERT).await.unwrap_err();
    let error = error.into_database_error().unwrap();
    assert_eq!(
        error.downcast_ref::<SqliteError>().to_string(),
        "(code: 13) database or disk is full"
    );
    assert_eq!(
        (setting.orders().await, guard.injected()),
        (vec![1, 2, 3], 1)
    );
}

#[tokio::test]
async fn after_it_the_statement_is_done_and_its_client_does_not_know() {
    let setting = Setting::new().await;
    for (id, fault) in [(4, Fault::error(Failure::Internal)), (5, Fault::reset())] {
        let _guard = start(&setting, fault, Phase::After, on("INSERT orders"));
        let insert = sqlx::query("INSERT INTO orders VALUES (?, 'salt')").bind(id);
        assert!(insert.execute(&setting.db).await.is_err());
        assert!(setting.orders().await.contains(&id));
    }
    let _guard = start(&setting, Fault::reset(), Phase::After, on("INSERT orders"));
    let returning = sqlx::query("INSERT INTO orders VALUES (6, 'salt') RETURNING id");
    assert!(returning.fetch_one(&setting.db).await.is_err());
    assert!(setting.orders().await.contains(&6));
}

#[tokio::test]
async fn a_real_error_is_told_as_it_is() {
    let setting = Setting::new().await;
    let guard = start(&setting, Fault::reset(), Phase::After, on("INSERT orders"));
    let twice = setting
        .db
        .execute("INSERT INTO orders VALUES (1, 'again')")
        .await;
    assert!(
        twice
            .unwrap_err()
            .as_database_error()
            .unwrap()
            .is_unique_violation()
    );
    assert_eq!(guard.injected(), 0, "there was no reply to be lost");
}

#[tokio::test]
async fn the_table_of_the_statement_is_named_in_the_error() {
    let setting = Setting::new().await;
    let unique = Fault::error(Failure::UniqueViolation);
    let _guard = start(&setting, unique, Phase::Before, on("INSERT orders"));
    let error = setting.db.execute(INSERT).await.unwrap_err().to_string();
    assert!(
        error.ends_with("UNIQUE constraint failed: orders.id"),
        "{error}"
    );
}

#[tokio::test]
async fn latency_is_waited_for_and_then_the_statement_is_done() {
    let setting = Setting::new().await;
    for phase in [Phase::Before, Phase::After] {
        let slow = Fault::latency(Duration::from_millis(50));
        let guard = start(&setting, slow, phase, on("SELECT orders"));
        let started = Instant::now();
        let rows = setting.db.fetch_all("SELECT * FROM orders").await.unwrap();
        assert_eq!((rows.len(), guard.injected()), (3, 1));
        assert!(started.elapsed() >= Duration::from_millis(50));
    }
}

#[tokio::test]
async fn a_connection_that_was_reset_is_gone_for_good() {
    let setting = Setting::with_connections(1).await;
    for (fault, kind) in [
        (Fault::reset(), ErrorKind::ConnectionReset),
        (
            Fault::disconnect(Disconnect::HalfClose),
            ErrorKind::UnexpectedEof,
        ),
        (Fault::error(Failure::Closed), ErrorKind::UnexpectedEof),
    ] {
        let mut connection = setting.db.acquire().await.unwrap();
        let guard = start(&setting, fault, Phase::Before, on("SELECT orders"));
        let error = connection
            .execute("SELECT * FROM orders")
            .await
            .unwrap_err();
        assert_eq!(io_kind(&error), kind);
        drop(guard);
        for _ in 0..2 {
            let error = connection
                .execute("SELECT * FROM orders")
                .await
                .unwrap_err();
            assert_eq!(io_kind(&error), ErrorKind::BrokenPipe);
        }
        let error = connection.fetch_optional("SELECT 1").await.unwrap_err();
        assert_eq!(io_kind(&error), ErrorKind::BrokenPipe);
        assert!(connection.ping().await.is_err());
        assert!(connection.begin().await.is_err());
        assert!(connection.bypass().is_err());
        // The pool knows that it is gone, and opens another.
        assert_eq!(setting.orders().await, [1, 2, 3]);
    }
}

#[tokio::test]
async fn who_loses_its_connection_loses_its_transaction() {
    let setting = Setting::with_connections(2).await;
    let mut transaction = setting.db.begin().await.unwrap();
    transaction.execute(INSERT).await.unwrap();
    let _guard = start(&setting, Fault::reset(), Phase::Before, on("SELECT orders"));
    assert!(transaction.execute("SELECT * FROM orders").await.is_err());
    assert!(transaction.execute(INSERT).await.is_err());
    assert!(transaction.commit().await.is_err());
    // The write lock that it had is free again.
    let mut other = setting.db.begin_with("BEGIN IMMEDIATE").await.unwrap();
    other.execute(INSERT).await.unwrap();
    other.commit().await.unwrap();
    assert_eq!(setting.orders().await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn every_way_to_run_a_statement_is_struck() {
    let setting = Setting::new().await;
    let fault = Fault::error(Failure::Internal);
    let guard = start(&setting, fault, Phase::Before, on("SELECT orders"));
    let db = &setting.db;
    let query = || sqlx::query("SELECT * FROM orders");
    assert!(query().execute(db).await.is_err());
    assert!(query().fetch_one(db).await.is_err());
    assert!(query().fetch_optional(db).await.is_err());
    assert!(query().fetch_all(db).await.is_err());
    let mut connection = db.acquire().await.unwrap();
    assert!(query().execute(&mut *connection).await.is_err());
    assert!(query().fetch_one(&mut *connection).await.is_err());
    let mut transaction = connection.begin().await.unwrap();
    assert!(query().execute(&mut *transaction).await.is_err());
    assert!(transaction.fetch_one("SELECT * FROM orders").await.is_err());
    assert_eq!(guard.injected(), 8);
}

#[tokio::test]
async fn a_lock_makes_the_statement_wait_as_long_as_it_waits_for_locks() {
    let setting = Setting::impatient(2).await;
    let experiment = setting::collateral(Fault::hold_lock(), on("INSERT orders"));
    let guard = setting.chaos.start(experiment).unwrap();
    let started = Instant::now();
    let error = setting.db.execute(INSERT).await.unwrap_err();
    let error = error.into_database_error().unwrap();
    assert_eq!(
        error.downcast_ref::<SqliteError>().to_string(),
        "(code: 5) database is locked"
    );
    assert!(started.elapsed() >= setting::PATIENCE);
    assert_eq!(
        (setting.orders().await, guard.injected()),
        (vec![1, 2, 3], 1)
    );
    // It was given back before the caller was told, so this waits for nobody.
    let mut connection = setting.bare().acquire().await.unwrap();
    connection.execute("PRAGMA busy_timeout = 0").await.unwrap();
    connection.execute(INSERT).await.unwrap();
}

#[tokio::test]
async fn a_lock_on_what_only_reads_stops_it_too() {
    let setting = Setting::impatient(2).await;
    let experiment = setting::collateral(Fault::hold_lock(), on("SELECT orders"));
    let _guard = setting.chaos.start(experiment).unwrap();
    assert!(setting.db.fetch_all("SELECT * FROM orders").await.is_err());
}

#[tokio::test]
async fn a_commit_waits_for_the_lock_of_who_only_reads() {
    let setting = Setting::impatient(2).await;
    let experiment = setting::collateral(Fault::hold_lock(), on("COMMIT"));
    let _guard = setting.chaos.start(experiment).unwrap();
    let mut transaction = setting.db.begin().await.unwrap();
    transaction.execute(INSERT).await.unwrap();
    let error = transaction.commit().await.unwrap_err();
    assert!(error.to_string().contains("(code: 5)"), "{error}");
    assert_eq!(setting.orders().await, [1, 2, 3]);
}

#[tokio::test]
async fn a_database_in_memory_is_said_to_be_locked() {
    let setting = Setting::new().await;
    let memory = sqlx::SqlitePool::connect("sqlite::memory:").await.unwrap();
    let memory = chaos_sqlx::ChaosPool::new(memory, &setting.chaos, "memory-db");
    let radius = BlastRadius::queries_on("memory-db");
    let experiment = setting::collateral(Fault::hold_lock(), radius);
    let guard = setting.chaos.start(experiment).unwrap();
    let error = memory.execute("SELECT 1").await.unwrap_err();
    assert!(error.to_string().contains("(code: 5)"), "{error}");
    assert_eq!(
        guard.injected(),
        1,
        "acquire is nothing that a lock could strike"
    );
}

#[tokio::test]
async fn a_panic_is_one_and_leaves_nothing() {
    let setting = Setting::with_connections(1).await;
    let guard = start(&setting, Fault::panic(), Phase::Before, on("SELECT orders"));
    let db = setting.db.clone();
    let task = tokio::spawn(async move { db.fetch_all("SELECT * FROM orders").await.map(drop) });
    assert!(task.await.unwrap_err().is_panic());
    assert_eq!(guard.in_flight(), 0);
    drop(guard);
    setting::eventually(|| setting.db.num_idle() == 1).await;
    assert_eq!(
        setting
            .db
            .fetch_all("SELECT * FROM orders")
            .await
            .unwrap()
            .len(),
        3
    );
}

#[tokio::test]
async fn what_fails_statements_leaves_the_taking_of_connections_alone() {
    let setting = Setting::new().await;
    let anywhere = BlastRadius::queries_on("orders-db");
    let guard = start(
        &setting,
        Fault::error(Failure::Deadlock),
        Phase::Before,
        anywhere,
    );
    let error = setting.db.execute(INSERT).await.unwrap_err();
    let error = error.into_database_error().unwrap();
    assert_eq!(error.code().unwrap(), "5");
    assert_eq!(guard.injected(), 1);
}

#[tokio::test]
async fn a_table_of_sqlites_own_fails_like_any_other() {
    let setting = Setting::new().await;
    for (failure, code) in [
        (Failure::UniqueViolation, "2067"),
        (Failure::NotFound, "1"),
        (Failure::DiskFull, "13"),
    ] {
        let fault = Fault::error(failure);
        let _guard = start(&setting, fault, Phase::Before, on("SELECT SQLite_master"));
        let error = setting.db.execute("SELECT * FROM SQLite_master").await;
        let error = error.unwrap_err().into_database_error().unwrap();
        assert_eq!(error.code().unwrap(), code);
        assert!(!error.message().contains("reserved"), "{error}");
    }
}
