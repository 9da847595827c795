//! What came of the operations, told to the conditions that judge them.

use std::time::Duration;

use chaos_core::Condition;
use chaos_sqlx::{EndReason, Experiment, ExperimentGuard, Failure, Fault};
use setting::{Setting, eventually, on};
use sqlx::Executor;

mod setting;

/// An experiment that strikes nothing here, and ends when three operations in a row fail.
fn watch(setting: &Setting) -> ExperimentGuard {
    let condition = Condition::consecutive_failures(3).at("orders-db");
    let experiment = Experiment::new("watches")
        .fault(Fault::error(Failure::Internal))
        .blast_radius(on("nothing that is done here"))
        .abort_when(condition);
    setting.chaos.start(experiment).unwrap()
}

async fn is_aborted(guard: &ExperimentGuard) {
    eventually(|| guard.ended().is_some()).await;
    assert!(matches!(guard.ended(), Some(EndReason::Aborted(_))));
}

/// It would have been long before, were there a reason.
async fn is_not_aborted(guard: &ExperimentGuard) {
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(guard.ended().is_none());
}

async fn fails<'e>(db: impl Executor<'e, Database = sqlx::Sqlite>) {
    db.execute("SELECT * FROM nowhere").await.unwrap_err();
}

async fn succeeds(setting: &Setting) {
    setting.db.execute("SELECT * FROM orders").await.unwrap();
}

#[tokio::test]
async fn statements_that_fail_are_failures_though_their_connections_were_to_be_had() {
    let setting = Setting::new().await;
    let guard = watch(&setting);
    for _ in 0..3 {
        fails(&setting.db).await;
    }
    is_aborted(&guard).await;
}

#[tokio::test]
async fn a_statement_that_succeeds_is_a_success() {
    let setting = Setting::new().await;
    let guard = watch(&setting);
    for _ in 0..3 {
        fails(&setting.db).await;
        fails(&setting.db).await;
        succeeds(&setting).await;
    }
    is_not_aborted(&guard).await;
}

#[tokio::test]
async fn what_is_injected_counts_as_what_it_is() {
    let setting = Setting::new().await;
    let guard = watch(&setting);
    let fault = Fault::error(Failure::Deadlock);
    let _fault = setting.chaos.inject(on("COMMIT"), fault).unwrap();
    for _ in 0..3 {
        let transaction = setting.db.begin().await.unwrap();
        transaction.commit().await.unwrap_err();
        // What began well is a success of its own, so only the commits are three.
        assert!(guard.ended().is_none());
    }
    is_not_aborted(&guard).await;
    let mut transaction = setting.db.begin().await.unwrap();
    fails(&mut *transaction).await;
    fails(&mut *transaction).await;
    transaction.commit().await.unwrap_err();
    is_aborted(&guard).await;
}

#[tokio::test]
async fn a_pool_without_connections_is_a_failure() {
    let setting = Setting::impatient(1).await;
    let guard = watch(&setting);
    let _all = setting.bare().acquire().await.unwrap();
    for _ in 0..3 {
        setting.db.acquire().await.unwrap_err();
    }
    is_aborted(&guard).await;
}
