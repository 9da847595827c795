//! The outcomes of operations that conditions count.

use std::time::Duration;

use chaos_sqlx::{Condition, EndReason, Experiment, ExperimentGuard, Failure, Fault};
use sqlite_fixture::{SqliteFixture, eventually, operation};
use sqlx::Executor;

mod sqlite_fixture;

/// Starts an experiment that hits nothing, and aborts after three failures in a row.
fn abort_after_three_failures(fixture: &SqliteFixture) -> ExperimentGuard {
    let condition = Condition::consecutive_failures(3).at("orders-db");
    let experiment = Experiment::new("aborts")
        .fault(Fault::error(Failure::Internal))
        .blast_radius(operation("no such operation"))
        .abort_when(condition);
    fixture.chaos.start(experiment).unwrap()
}

async fn assert_aborted(guard: &ExperimentGuard) {
    eventually(|| guard.ended().is_some()).await;
    assert!(matches!(guard.ended(), Some(EndReason::Aborted(_))));
}

/// Waits long enough for an abort.
async fn assert_not_aborted(guard: &ExperimentGuard) {
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(guard.ended().is_none());
}

async fn fail<'e>(db: impl Executor<'e, Database = sqlx::Sqlite>) {
    db.execute("SELECT * FROM nowhere").await.unwrap_err();
}

async fn succeed(fixture: &SqliteFixture) {
    fixture.db.execute("SELECT * FROM orders").await.unwrap();
}

#[tokio::test]
async fn a_failed_statement_is_a_failure_even_though_its_acquire_succeeded() {
    let fixture = SqliteFixture::new().await;
    let guard = abort_after_three_failures(&fixture);
    for _ in 0..3 {
        fail(&fixture.db).await;
    }
    assert_aborted(&guard).await;
}

#[tokio::test]
async fn a_statement_that_succeeds_is_a_success() {
    let fixture = SqliteFixture::new().await;
    let guard = abort_after_three_failures(&fixture);
    for _ in 0..3 {
        fail(&fixture.db).await;
        fail(&fixture.db).await;
        succeed(&fixture).await;
    }
    assert_not_aborted(&guard).await;
}

#[tokio::test]
async fn injected_failures_count_like_real_ones() {
    let fixture = SqliteFixture::new().await;
    let guard = abort_after_three_failures(&fixture);
    let fault = Fault::error(Failure::Deadlock);
    let _fault = fixture.chaos.inject(operation("COMMIT"), fault).unwrap();
    for _ in 0..3 {
        let transaction = fixture.db.begin().await.unwrap();
        transaction.commit().await.unwrap_err();
        // Each successful `BEGIN` resets the count.
        assert!(guard.ended().is_none());
    }
    assert_not_aborted(&guard).await;
    let mut transaction = fixture.db.begin().await.unwrap();
    fail(&mut *transaction).await;
    fail(&mut *transaction).await;
    transaction.commit().await.unwrap_err();
    assert_aborted(&guard).await;
}

#[tokio::test]
async fn a_failed_acquire_is_a_failure() {
    let fixture = SqliteFixture::with_short_timeout(1).await;
    let guard = abort_after_three_failures(&fixture);
    let _all = fixture.sqlx_pool().acquire().await.unwrap();
    for _ in 0..3 {
        fixture.db.acquire().await.unwrap_err();
    }
    assert_aborted(&guard).await;
}
