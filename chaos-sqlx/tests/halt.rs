//! What is let go when everything is halted.

use std::time::{Duration, Instant};

use chaos_sqlx::{BlastRadius, Disconnect, Experiment, Fault, Phase};
use futures_util::TryStreamExt;
use setting::{Setting, collateral, connections, eventually, on};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Executor, Sqlite};

mod setting;

const LONG: Duration = Duration::from_secs(3600);
/// What is let go at once comes long before this, also on a busy machine.
const SOON: Duration = Duration::from_secs(20);

/// A setting whose pool is patient, so that it is not what ends the waiting.
async fn patient() -> Setting {
    let setting = Setting::with_connections(2).await;
    let options = SqlitePoolOptions::new()
        .max_connections(2)
        .acquire_timeout(LONG);
    let pool = options
        .connect_with((*setting.bare().connect_options()).clone())
        .await
        .unwrap();
    let db = chaos_sqlx::ChaosPool::<Sqlite>::new(pool, &setting.chaos, "orders-db");
    Setting { db, ..setting }
}

/// Does something that is held, halts, and wants what it gives to be the real thing.
async fn held_and_let_go(radius: BlastRadius, fault: Fault, phase: Phase) {
    let setting = patient().await;
    let experiment = Experiment::new("held")
        .fault(fault)
        .phase(phase)
        .blast_radius(radius);
    let guard = setting.chaos.start(experiment).unwrap();
    let started = Instant::now();
    let work = async {
        let mut transaction = setting.db.begin().await?;
        transaction
            .execute("INSERT INTO orders VALUES (4, 'salt')")
            .await?;
        let rows = transaction
            .fetch("SELECT * FROM orders")
            .try_collect::<Vec<_>>()
            .await?;
        transaction.commit().await?;
        Ok::<_, sqlx::Error>(rows.len())
    };
    let halt = async {
        guard.wait_for(1).await.unwrap();
        setting.chaos.halt();
        setting.chaos.halted().await;
    };
    let (rows, ()) = tokio::join!(work, halt);
    assert_eq!(rows.unwrap(), 4);
    assert_eq!(setting.orders().await, [1, 2, 3, 4]);
    assert_eq!(guard.in_flight(), 0);
    assert!(started.elapsed() < SOON);
}

#[tokio::test]
async fn whatever_is_held_goes_on_to_the_real_call() {
    for operation in [
        "acquire",
        "BEGIN",
        "INSERT orders",
        "SELECT orders",
        "COMMIT",
    ] {
        for phase in [Phase::Before, Phase::After] {
            for fault in [Fault::latency(LONG), Fault::timeout(LONG)] {
                held_and_let_go(on(operation), fault, phase).await;
            }
        }
    }
    for fault in [
        Fault::latency(LONG),
        Fault::timeout(LONG),
        Fault::disconnect(Disconnect::Stall),
    ] {
        held_and_let_go(on("SELECT orders"), fault, Phase::During).await;
    }
}

#[tokio::test]
async fn an_acquire_that_would_have_timed_out_gets_its_connection() {
    held_and_let_go(on("acquire"), Fault::reset(), Phase::Before).await;
    held_and_let_go(on("acquire"), Fault::reset(), Phase::After).await;
}

#[tokio::test]
async fn connections_that_were_held_are_back_when_it_says_halted() {
    let setting = Setting::impatient(3).await;
    let hold = collateral(Fault::hold_connections(connections(3)), on("acquire"));
    let guard = setting.chaos.start(hold).unwrap();
    setting.starve().await;
    setting.chaos.halt();
    setting.chaos.halted().await;
    assert_eq!((setting.db.num_idle(), setting.db.size()), (3, 3));
    assert_eq!(guard.in_flight(), 0);
}

#[tokio::test]
async fn who_waits_for_connections_to_hold_waits_no_longer() {
    let setting = Setting::with_connections(2).await;
    let all = (
        setting.db.acquire().await.unwrap(),
        setting.db.acquire().await.unwrap(),
    );
    let hold = collateral(Fault::hold_connections(connections(2)), on("SELECT*"));
    let guard = setting.chaos.start(hold).unwrap();
    let mut connection = all.0;
    connection.execute("SELECT 1").await.unwrap();
    assert_eq!(guard.in_flight(), 1);
    setting.chaos.halt();
    setting.chaos.halted().await;
    drop((connection, all.1));
    eventually(|| setting.db.num_idle() == 2).await;
}

#[tokio::test]
async fn a_lock_that_was_held_is_free_when_it_says_halted() {
    let setting = Setting::with_connections(2).await;
    let mut connection = setting.db.acquire().await.unwrap();
    let patient = format!("PRAGMA busy_timeout = {}", LONG.as_millis());
    connection
        .execute(sqlx::AssertSqlSafe(patient))
        .await
        .unwrap();
    let experiment = collateral(Fault::hold_lock(), on("INSERT orders"));
    let guard = setting.chaos.start(experiment).unwrap();
    let insert = connection.execute("INSERT INTO orders VALUES (4, 'salt')");
    let halt = async {
        guard.wait_for(1).await.unwrap();
        // Until the caller waits for nothing but the lock; when it is not there yet, it does not wait at all.
        tokio::time::sleep(Duration::from_millis(50)).await;
        setting.chaos.halt();
        setting.chaos.halted().await;
    };
    let (inserted, ()) = tokio::join!(insert, halt);
    inserted.unwrap();
    assert_eq!(setting.orders().await, [1, 2, 3, 4]);
    assert_eq!(guard.in_flight(), 0);
}

#[tokio::test]
async fn nothing_is_injected_any_more() {
    let setting = patient().await;
    let guard = setting
        .chaos
        .inject(setting::anywhere(), Fault::reset())
        .unwrap();
    setting.chaos.halt();
    for _ in 0..10 {
        setting.db.execute("SELECT 1").await.unwrap();
    }
    assert_eq!(guard.injected(), 0);
}
