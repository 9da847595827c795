//! Futures that are dropped at any poll leave nothing behind.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use chaos_sqlx::{ChaosPool, Disconnect, Experiment, Failure, Fault, Phase};
use futures_util::TryStreamExt;
use sqlite_fixture::{SqliteFixture, connections, eventually, operation};
use sqlx::{Executor, Sqlite};

mod sqlite_fixture;

/// The end of a future that is to be dropped at one of its polls.
#[derive(Debug, PartialEq)]
enum End {
    Dropped,
    /// The future was ready, or waited for ever, before that poll.
    Earlier,
}

async fn drop_at(poll: usize, future: impl Future) -> End {
    let mut future = Box::pin(future);
    let mut polls = 0;
    let run = poll_fn(|cx| {
        if polls == poll {
            return Poll::Ready(End::Dropped);
        }
        polls += 1;
        future.as_mut().poll(cx).map(|_| End::Earlier)
    });
    // Longer than anything that the future waits for.
    let end = tokio::time::timeout(Duration::from_secs(5), run).await;
    end.unwrap_or(End::Earlier)
}

async fn work(db: &ChaosPool<Sqlite>) -> sqlx::Result<()> {
    let mut transaction = db.begin().await?;
    transaction
        .execute("INSERT OR REPLACE INTO orders VALUES (4, 'salt')")
        .await?;
    let rows = transaction
        .fetch("SELECT * FROM orders")
        .try_collect::<Vec<_>>();
    rows.await?;
    transaction.commit().await?;
    sqlx::query("SELECT * FROM orders").fetch_one(db).await?;
    let mut connection = db.acquire().await?;
    let transaction = connection.begin().await?;
    transaction.rollback().await
}

async fn assert_nothing_is_left(fixture: &SqliteFixture) {
    let db = &fixture.db;
    fixture.assert_all_connections_free(2).await;
    // No lock and no transaction is left.
    let mut all = Vec::new();
    for _ in 0..2 {
        all.push(
            fixture
                .sqlx_pool()
                .acquire()
                .await
                .expect("a permit is lost"),
        );
    }
    for connection in &mut all {
        let write = connection.execute("BEGIN IMMEDIATE; ROLLBACK");
        write.await.expect("a lock or a transaction is left");
    }
    for mut connection in all {
        connection.return_to_pool().await;
    }
    assert_eq!((db.size(), db.num_idle()), (2, 2));
}

async fn drop_at_every_poll(name: &str, fault: Fault, phase: Phase) {
    let fixture = SqliteFixture::with_short_timeout(2).await;
    let experiment = Experiment::new("dropped")
        .fault(fault)
        .phase(phase)
        .blast_radius(operation(name))
        .allow_collateral();
    let (mut poll, mut injected) = (0, 0);
    loop {
        // A new experiment each time, because connections are held until their experiment ends.
        let guard = fixture.chaos.start(experiment.clone()).unwrap();
        let end = drop_at(poll, work(&fixture.db)).await;
        injected += guard.injected();
        fixture.chaos.stop("dropped").unwrap();
        eventually(|| guard.in_flight() == 0).await;
        drop(guard);
        assert_nothing_is_left(&fixture).await;
        if end == End::Earlier {
            break;
        }
        poll += 1;
    }
    assert!(injected > 0, "{name} {phase:?}");
}

macro_rules! tests {
    ($($name:ident $operation:literal)*) => {$(
        #[tokio::test]
        async fn $name() {
            for fault in faults($operation) {
                for phase in [Phase::Before, Phase::After] {
                    drop_at_every_poll($operation, fault.clone(), phase).await;
                }
            }
            drop_at_every_poll($operation, hold_a_connection(), Phase::Before).await;
        }
    )*};
}

fn faults(operation: &str) -> Vec<Fault> {
    let mut faults = vec![
        Fault::latency(Duration::from_millis(1)),
        Fault::timeout(Duration::from_millis(1)),
        // No full disk, after which sqlx miscounts its open transactions.
        Fault::error(Failure::ReadOnly),
        Fault::error(Failure::Deadlock),
        Fault::reset(),
    ];
    // These failures of statements do not apply to `acquire`.
    faults.retain(|fault| operation != "acquire" || !matches!(fault, Fault::Error(_)));
    faults
}

fn hold_a_connection() -> Fault {
    Fault::hold_connections(connections(1))
}

tests! {
    a_dropped_acquire_leaves_nothing_behind "acquire"
    a_dropped_begin_leaves_nothing_behind "BEGIN"
    a_dropped_write_leaves_nothing_behind "INSERT orders"
    a_dropped_read_leaves_nothing_behind "SELECT orders"
    a_dropped_commit_leaves_nothing_behind "COMMIT"
    a_dropped_rollback_leaves_nothing_behind "ROLLBACK"
}

#[tokio::test]
async fn dropped_rows_leave_nothing_behind() {
    for fault in [
        Fault::latency(Duration::from_millis(1)),
        Fault::timeout(Duration::from_millis(1)),
        Fault::error(Failure::QueryCancelled),
        Fault::disconnect(Disconnect::ResetAfter(2)),
        Fault::disconnect(Disconnect::Stall),
    ] {
        drop_at_every_poll("SELECT orders", fault, Phase::During).await;
    }
}

#[tokio::test]
async fn a_dropped_statement_leaves_no_lock_behind() {
    for operation in [
        "BEGIN",
        "INSERT orders",
        "SELECT orders",
        "COMMIT",
        "ROLLBACK",
    ] {
        drop_at_every_poll(operation, Fault::hold_lock(), Phase::Before).await;
    }
}
