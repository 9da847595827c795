//! Thousands of faults of every kind leave a pool as it was.

use std::time::Duration;

use all_failures::all_failures;
use chaos_sqlx::{Disconnect, Experiment, ExperimentGuard, Fault, Phase, Rate};
use futures_util::TryStreamExt;
use sqlite_fixture::{SqliteFixture, all_operations, connections, eventually};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Executor, Sqlite};

mod all_failures;
mod sqlite_fixture;

/// Returns every failure, delays, and every way to break off.
fn faults() -> Vec<Fault> {
    let others = [
        Fault::latency(Duration::from_micros(200)),
        Fault::timeout(Duration::from_micros(200)),
        Fault::reset(),
        Fault::disconnect(Disconnect::CutAfter(2)),
        Fault::disconnect(Disconnect::ResetAfter(1)),
    ];
    let failing = all_failures().into_iter().map(Fault::error);
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

fn start(fixture: &SqliteFixture, fault: Fault, phase: Phase) -> ExperimentGuard {
    let experiment = Experiment::new("leaks")
        .fault(fault)
        .phase(phase)
        .blast_radius(all_operations().rate(Rate::percent(20.0).unwrap()))
        .allow_collateral();
    fixture.chaos.start(experiment).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_faults_leave_nothing_behind() {
    let options = SqlitePoolOptions::new()
        .max_connections(4)
        .min_connections(4);
    let fixture = SqliteFixture::with_timeout(Duration::from_millis(40), options).await;
    let db = &fixture.db;
    fixture.open_connections(4).await;
    assert_eq!((db.size(), db.num_idle()), (4, 4));

    let mut injections = Vec::new();
    for fault in faults() {
        // Rows are counted during a statement only.
        let counts_rows = matches!(
            fault,
            Fault::Disconnect(Disconnect::CutAfter(_) | Disconnect::ResetAfter(_))
        );
        let phases = [Phase::Before, Phase::During, Phase::After];
        for phase in phases
            .into_iter()
            .filter(|phase| !counts_rows || *phase == Phase::During)
        {
            injections.push((fault.clone(), phase));
        }
    }
    injections.push((Fault::hold_connections(connections(2)), Phase::Before));
    injections.push((Fault::hold_lock(), Phase::Before));
    let mut injected = 0;
    for (fault, phase) in injections {
        let guard = start(&fixture, fault.clone(), phase);
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let db = db.clone();
            tasks.spawn(async move {
                for _ in 0..16 {
                    // This test is not about results.
                    let _ = work(&db).await;
                }
            });
        }
        tasks.join_all().await;
        injected += guard.injected();
        fixture.chaos.stop(guard.name()).unwrap();
        eventually(|| guard.in_flight() == 0).await;
    }
    assert!(injected >= 2000, "only {injected} faults");

    fixture.assert_all_connections_free(4).await;
    let mut all = Vec::new();
    for _ in 0..4 {
        all.push(db.try_acquire().expect("a permit is lost"));
    }
    for connection in &mut all {
        let write = connection.execute("BEGIN IMMEDIATE; ROLLBACK");
        write.await.expect("a lock or a transaction is left");
    }
}
