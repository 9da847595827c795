//! Faults before and after a statement.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use chaos_sqlx::{BlastRadius, Disconnect, Experiment, ExperimentGuard, Failure, Fault, Phase};
use sqlite_fixture::{SqliteFixture, operation};
use sqlx::Executor;
use sqlx::sqlite::SqliteError;

mod sqlite_fixture;

fn start(
    fixture: &SqliteFixture,
    fault: Fault,
    phase: Phase,
    radius: BlastRadius,
) -> ExperimentGuard {
    let experiment = Experiment::new("statements")
        .fault(fault)
        .phase(phase)
        .blast_radius(radius);
    fixture.chaos.start(experiment).unwrap()
}

fn io_kind(error: &sqlx::Error) -> ErrorKind {
    match error {
        sqlx::Error::Io(error) => error.kind(),
        other => panic!("not an I/O error: {other:?}"),
    }
}

const INSERT: &str = "INSERT INTO orders VALUES (4, 'salt')";

#[tokio::test]
async fn a_fault_before_a_statement_prevents_it() {
    let fixture = SqliteFixture::new().await;
    let full = Fault::error(Failure::DiskFull);
    let guard = start(&fixture, full, Phase::Before, operation("INSERT orders"));
    let error = fixture.db.execute(INSERT).await.unwrap_err();
    let error = error.into_database_error().unwrap();
    assert_eq!(
        error.downcast_ref::<SqliteError>().to_string(),
        "(code: 13) database or disk is full"
    );
    assert_eq!(
        (fixture.order_ids().await, guard.injected()),
        (vec![1, 2, 3], 1)
    );
}

#[tokio::test]
async fn a_fault_after_a_statement_hides_its_success() {
    let fixture = SqliteFixture::new().await;
    for (id, fault) in [(4, Fault::error(Failure::Internal)), (5, Fault::reset())] {
        let _guard = start(&fixture, fault, Phase::After, operation("INSERT orders"));
        let insert = sqlx::query("INSERT INTO orders VALUES (?, 'salt')").bind(id);
        assert!(insert.execute(&fixture.db).await.is_err());
        assert!(fixture.order_ids().await.contains(&id));
    }
    let _guard = start(
        &fixture,
        Fault::reset(),
        Phase::After,
        operation("INSERT orders"),
    );
    let returning = sqlx::query("INSERT INTO orders VALUES (6, 'salt') RETURNING id");
    assert!(returning.fetch_one(&fixture.db).await.is_err());
    assert!(fixture.order_ids().await.contains(&6));
}

#[tokio::test]
async fn a_real_error_is_returned_unchanged() {
    let fixture = SqliteFixture::new().await;
    let guard = start(
        &fixture,
        Fault::reset(),
        Phase::After,
        operation("INSERT orders"),
    );
    let twice = fixture
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
    assert_eq!(guard.injected(), 0, "there was no reply to lose");
}

#[tokio::test]
async fn the_error_names_the_table_of_the_statement() {
    let fixture = SqliteFixture::new().await;
    let unique = Fault::error(Failure::UniqueViolation);
    let _guard = start(&fixture, unique, Phase::Before, operation("INSERT orders"));
    let error = fixture.db.execute(INSERT).await.unwrap_err().to_string();
    assert!(
        error.ends_with("UNIQUE constraint failed: orders.id"),
        "{error}"
    );
}

#[tokio::test]
async fn latency_delays_the_statement() {
    let fixture = SqliteFixture::new().await;
    for phase in [Phase::Before, Phase::After] {
        let slow = Fault::latency(Duration::from_millis(50));
        let guard = start(&fixture, slow, phase, operation("SELECT orders"));
        let started = Instant::now();
        let rows = fixture.db.fetch_all("SELECT * FROM orders").await.unwrap();
        assert_eq!((rows.len(), guard.injected()), (3, 1));
        assert!(started.elapsed() >= Duration::from_millis(50));
    }
}

#[tokio::test]
async fn a_reset_connection_stays_unusable() {
    let fixture = SqliteFixture::with_connections(1).await;
    for (fault, kind) in [
        (Fault::reset(), ErrorKind::ConnectionReset),
        (
            Fault::disconnect(Disconnect::HalfClose),
            ErrorKind::UnexpectedEof,
        ),
        (Fault::error(Failure::Closed), ErrorKind::UnexpectedEof),
    ] {
        let mut connection = fixture.db.acquire().await.unwrap();
        let guard = start(&fixture, fault, Phase::Before, operation("SELECT orders"));
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
        // The pool opens another connection.
        assert_eq!(fixture.order_ids().await, [1, 2, 3]);
    }
}

#[tokio::test]
async fn a_lost_connection_loses_its_transaction() {
    let fixture = SqliteFixture::with_connections(2).await;
    let mut transaction = fixture.db.begin().await.unwrap();
    transaction.execute(INSERT).await.unwrap();
    let _guard = start(
        &fixture,
        Fault::reset(),
        Phase::Before,
        operation("SELECT orders"),
    );
    assert!(transaction.execute("SELECT * FROM orders").await.is_err());
    assert!(transaction.execute(INSERT).await.is_err());
    assert!(transaction.commit().await.is_err());
    // Its write lock is free again.
    let mut other = fixture.db.begin_with("BEGIN IMMEDIATE").await.unwrap();
    other.execute(INSERT).await.unwrap();
    other.commit().await.unwrap();
    assert_eq!(fixture.order_ids().await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn every_method_that_runs_a_statement_is_hit() {
    let fixture = SqliteFixture::new().await;
    let fault = Fault::error(Failure::Internal);
    let guard = start(&fixture, fault, Phase::Before, operation("SELECT orders"));
    let db = &fixture.db;
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
async fn a_held_lock_makes_the_statement_wait_for_its_busy_timeout() {
    let fixture = SqliteFixture::with_short_timeout(2).await;
    let experiment =
        sqlite_fixture::collateral_experiment(Fault::hold_lock(), operation("INSERT orders"));
    let guard = fixture.chaos.start(experiment).unwrap();
    let started = Instant::now();
    let error = fixture.db.execute(INSERT).await.unwrap_err();
    let error = error.into_database_error().unwrap();
    assert_eq!(
        error.downcast_ref::<SqliteError>().to_string(),
        "(code: 5) database is locked"
    );
    assert!(started.elapsed() >= sqlite_fixture::SHORT_TIMEOUT);
    assert_eq!(
        (fixture.order_ids().await, guard.injected()),
        (vec![1, 2, 3], 1)
    );
    // The lock was released before the caller got the error, so this does not wait.
    let mut connection = fixture.sqlx_pool().acquire().await.unwrap();
    connection.execute("PRAGMA busy_timeout = 0").await.unwrap();
    connection.execute(INSERT).await.unwrap();
}

#[tokio::test]
async fn a_held_lock_blocks_reads_too() {
    let fixture = SqliteFixture::with_short_timeout(2).await;
    let experiment =
        sqlite_fixture::collateral_experiment(Fault::hold_lock(), operation("SELECT orders"));
    let _guard = fixture.chaos.start(experiment).unwrap();
    assert!(fixture.db.fetch_all("SELECT * FROM orders").await.is_err());
}

#[tokio::test]
async fn a_commit_waits_for_the_read_lock_of_another_connection() {
    let fixture = SqliteFixture::with_short_timeout(2).await;
    let experiment = sqlite_fixture::collateral_experiment(Fault::hold_lock(), operation("COMMIT"));
    let _guard = fixture.chaos.start(experiment).unwrap();
    let mut transaction = fixture.db.begin().await.unwrap();
    transaction.execute(INSERT).await.unwrap();
    let error = transaction.commit().await.unwrap_err();
    assert!(error.to_string().contains("(code: 5)"), "{error}");
    assert_eq!(fixture.order_ids().await, [1, 2, 3]);
}

#[tokio::test]
async fn a_database_in_memory_reports_that_it_is_locked() {
    let fixture = SqliteFixture::new().await;
    let memory = sqlx::SqlitePool::connect("sqlite::memory:").await.unwrap();
    let memory = chaos_sqlx::ChaosPool::new(memory, &fixture.chaos, "memory-db");
    let radius = BlastRadius::queries_on("memory-db");
    let experiment = sqlite_fixture::collateral_experiment(Fault::hold_lock(), radius);
    let guard = fixture.chaos.start(experiment).unwrap();
    let error = memory.execute("SELECT 1").await.unwrap_err();
    assert!(error.to_string().contains("(code: 5)"), "{error}");
    assert_eq!(guard.injected(), 1, "a lock does not apply to acquire");
}

#[tokio::test]
async fn an_injected_panic_unwinds_and_leaves_nothing_behind() {
    let fixture = SqliteFixture::with_connections(1).await;
    let guard = start(
        &fixture,
        Fault::panic(),
        Phase::Before,
        operation("SELECT orders"),
    );
    let db = fixture.db.clone();
    let task = tokio::spawn(async move { db.fetch_all("SELECT * FROM orders").await.map(drop) });
    assert!(task.await.unwrap_err().is_panic());
    assert_eq!(guard.in_flight(), 0);
    drop(guard);
    sqlite_fixture::eventually(|| fixture.db.num_idle() == 1).await;
    assert_eq!(
        fixture
            .db
            .fetch_all("SELECT * FROM orders")
            .await
            .unwrap()
            .len(),
        3
    );
}

#[tokio::test]
async fn failures_of_statements_do_not_apply_to_acquire() {
    let fixture = SqliteFixture::new().await;
    let anywhere = BlastRadius::queries_on("orders-db");
    let guard = start(
        &fixture,
        Fault::error(Failure::Deadlock),
        Phase::Before,
        anywhere,
    );
    let error = fixture.db.execute(INSERT).await.unwrap_err();
    let error = error.into_database_error().unwrap();
    assert_eq!(error.code().unwrap(), "5");
    assert_eq!(guard.injected(), 1);
}

#[tokio::test]
async fn a_table_with_a_reserved_name_fails_like_any_other() {
    let fixture = SqliteFixture::new().await;
    for (failure, code) in [
        (Failure::UniqueViolation, "2067"),
        (Failure::NotFound, "1"),
        (Failure::DiskFull, "13"),
    ] {
        let fault = Fault::error(failure);
        let _guard = start(
            &fixture,
            fault,
            Phase::Before,
            operation("SELECT SQLite_master"),
        );
        let error = fixture.db.execute("SELECT * FROM SQLite_master").await;
        let error = error.unwrap_err().into_database_error().unwrap();
        assert_eq!(error.code().unwrap(), code);
        assert!(!error.message().contains("reserved"), "{error}");
    }
}
