//! Futures that are dropped at any of their polls leave nothing behind.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use chaos_sqlx::{ChaosPool, Disconnect, Experiment, Failure, Fault, Phase};
use futures_util::TryStreamExt;
use setting::{Setting, connections, eventually, on};
use sqlx::{Executor, Sqlite};

mod setting;

/// What came of a future that was to be dropped at one of its polls.
#[derive(Debug, PartialEq)]
enum Came {
    Dropped,
    /// It was done, or waited for what does not come, before there were so many polls.
    TooEarly,
}

async fn dropped_at(poll: usize, future: impl Future) -> Came {
    let mut future = Box::pin(future);
    let mut polls = 0;
    let run = poll_fn(|cx| {
        if polls == poll {
            return Poll::Ready(Came::Dropped);
        }
        polls += 1;
        future.as_mut().poll(cx).map(|_| Came::TooEarly)
    });
    // Nothing of what is waited for here takes as long.
    let came = tokio::time::timeout(Duration::from_secs(5), run).await;
    came.unwrap_or(Came::TooEarly)
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

async fn nothing_is_left(setting: &Setting) {
    let db = &setting.db;
    setting.is_whole(2).await;
    // No lock or transaction is left open.
    let mut all = Vec::new();
    for _ in 0..2 {
        all.push(setting.bare().acquire().await.expect("a permit is lost"));
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

async fn dropped_at_every_poll(operation: &str, fault: Fault, phase: Phase) {
    let setting = Setting::impatient(2).await;
    let experiment = Experiment::new("dropped")
        .fault(fault)
        .phase(phase)
        .blast_radius(on(operation))
        .allow_collateral();
    let (mut poll, mut injected) = (0, 0);
    loop {
        // Another one each time: connections stay held for as long as their experiment lasts.
        let guard = setting.chaos.start(experiment.clone()).unwrap();
        let came = dropped_at(poll, work(&setting.db)).await;
        injected += guard.injected();
        setting.chaos.stop("dropped").unwrap();
        eventually(|| guard.in_flight() == 0).await;
        drop(guard);
        nothing_is_left(&setting).await;
        if came == Came::TooEarly {
            break;
        }
        poll += 1;
    }
    assert!(injected > 0, "{operation} {phase:?}");
}

macro_rules! dropped_at_every_poll {
    ($($name:ident $operation:literal)*) => {$(
        #[tokio::test]
        async fn $name() {
            for fault in anytime($operation) {
                for phase in [Phase::Before, Phase::After] {
                    dropped_at_every_poll($operation, fault.clone(), phase).await;
                }
            }
            dropped_at_every_poll($operation, holding(), Phase::Before).await;
        }
    )*};
}

fn anytime(operation: &str) -> Vec<Fault> {
    let mut faults = vec![
        Fault::latency(Duration::from_millis(1)),
        Fault::timeout(Duration::from_millis(1)),
        // Not a full disk, after which sqlx itself loses count of its transactions.
        Fault::error(Failure::ReadOnly),
        Fault::error(Failure::Deadlock),
        Fault::reset(),
    ];
    // A connection that is taken fails in no way of a statement.
    faults.retain(|fault| operation != "acquire" || !matches!(fault, Fault::Error(_)));
    faults
}

fn holding() -> Fault {
    Fault::hold_connections(connections(1))
}

dropped_at_every_poll! {
    acquires "acquire"
    begins "BEGIN"
    writes "INSERT orders"
    reads "SELECT orders"
    commits "COMMIT"
    rollbacks "ROLLBACK"
}

#[tokio::test]
async fn rows() {
    for fault in [
        Fault::latency(Duration::from_millis(1)),
        Fault::timeout(Duration::from_millis(1)),
        Fault::error(Failure::QueryCancelled),
        Fault::disconnect(Disconnect::ResetAfter(2)),
        Fault::disconnect(Disconnect::Stall),
    ] {
        dropped_at_every_poll("SELECT orders", fault, Phase::During).await;
    }
}

#[tokio::test]
async fn locks() {
    for operation in [
        "BEGIN",
        "INSERT orders",
        "SELECT orders",
        "COMMIT",
        "ROLLBACK",
    ] {
        dropped_at_every_poll(operation, Fault::hold_lock(), Phase::Before).await;
    }
}
