//! After thousands of faults of every kind, the pool is what it was before.

use std::time::Duration;

use chaos_sqlx::{Disconnect, Experiment, ExperimentGuard, Fault, Phase, Rate};
use failures::failures;
use futures_util::TryStreamExt;
use setting::{Setting, anywhere, connections, eventually};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Executor, Sqlite};

mod failures;
mod setting;

/// Every failure, and every way to break off.
fn faults() -> Vec<Fault> {
    let others = [
        Fault::latency(Duration::from_micros(200)),
        Fault::timeout(Duration::from_micros(200)),
        Fault::reset(),
        Fault::disconnect(Disconnect::CutAfter(2)),
        Fault::disconnect(Disconnect::ResetAfter(1)),
    ];
    let failing = failures().into_iter().map(Fault::error);
    failing.chain(others).collect()
}

async fn work(db: &chaos_sqlx::ChaosPool<Sqlite>) -> sqlx::Result<()> {
    let mut transaction = db.begin().await?;
    transaction
        .execute("INSERT OR REPLACE INTO orders VALUES (4, 'salt')")
        .await?;
    let mut nested = transaction.begin().await?;
    nested.execute("DELETE FROM orders WHERE id = 4").await?;
    nested.rollback().await?;
    transaction
        .fetch("SELECT * FROM orders")
        .try_collect::<Vec<_>>()
        .await?;
    transaction.commit().await?;
    let mut connection = db.acquire().await?;
    connection.fetch_optional("SELECT * FROM orders").await?;
    connection.ping().await
}

fn start(setting: &Setting, fault: Fault, phase: Phase) -> ExperimentGuard {
    let experiment = Experiment::new("leaks?")
        .fault(fault)
        .phase(phase)
        .blast_radius(anywhere().rate(Rate::percent(20.0).unwrap()))
        .allow_collateral();
    setting.chaos.start(experiment).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_faults_leave_nothing_behind() {
    let options = SqlitePoolOptions::new()
        .max_connections(4)
        .min_connections(4);
    let setting = Setting::as_patient_as(Duration::from_millis(40), options).await;
    let db = &setting.db;
    setting.open(4).await;
    assert_eq!((db.size(), db.num_idle()), (4, 4));

    let mut struck = Vec::new();
    for fault in faults() {
        for phase in [Phase::Before, Phase::During, Phase::After] {
            struck.push((fault.clone(), phase));
        }
    }
    struck.push((Fault::hold_connections(connections(2)), Phase::Before));
    struck.push((Fault::hold_lock(), Phase::Before));
    let mut injected = 0;
    for (fault, phase) in struck {
        let guard = start(&setting, fault.clone(), phase);
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let db = db.clone();
            tasks.spawn(async move {
                for _ in 0..16 {
                    // What comes of it is none of this test's business.
                    let _ = work(&db).await;
                }
            });
        }
        tasks.join_all().await;
        injected += guard.injected();
        setting.chaos.stop(guard.name()).unwrap();
        eventually(|| guard.in_flight() == 0).await;
    }
    assert!(injected >= 2000, "only {injected} faults");

    setting.is_whole(4).await;
    let mut all = Vec::new();
    for _ in 0..4 {
        all.push(db.try_acquire().expect("a permit is lost"));
    }
    for connection in &mut all {
        let write = connection.execute("BEGIN IMMEDIATE; ROLLBACK");
        write.await.expect("a lock or a transaction is left");
    }
}
