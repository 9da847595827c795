//! `halt` releases everything that faults hold.

use std::time::{Duration, Instant};

use chaos_sqlx::{BlastRadius, Disconnect, Experiment, Fault, Phase};
use futures_util::TryStreamExt;
use sqlite_fixture::{SqliteFixture, collateral_experiment, connections, eventually, operation};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Executor, Sqlite};

mod sqlite_fixture;

const LONG: Duration = Duration::from_secs(3600);
/// Long enough for whatever is released at once, even on a busy machine.
const SOON: Duration = Duration::from_secs(20);

/// Creates a fixture whose pool never times out during a test.
async fn without_timeout() -> SqliteFixture {
    let fixture = SqliteFixture::with_connections(2).await;
    let options = SqlitePoolOptions::new()
        .max_connections(2)
        .acquire_timeout(LONG);
    let pool = options
        .connect_with((*fixture.sqlx_pool().connect_options()).clone())
        .await
        .unwrap();
    let db = chaos_sqlx::ChaosPool::<Sqlite>::new(pool, &fixture.chaos, "orders-db");
    SqliteFixture { db, ..fixture }
}

/// Runs work that a fault holds, halts, and asserts the real result.
async fn assert_halt_releases(radius: BlastRadius, fault: Fault, phase: Phase) {
    let fixture = without_timeout().await;
    let experiment = Experiment::new("holds")
        .fault(fault)
        .phase(phase)
        .blast_radius(radius);
    let guard = fixture.chaos.start(experiment).unwrap();
    let started = Instant::now();
    let work = async {
        let mut transaction = fixture.db.begin().await?;
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
        fixture.chaos.halt();
        fixture.chaos.halted().await;
    };
    let (rows, ()) = tokio::join!(work, halt);
    assert_eq!(rows.unwrap(), 4);
    assert_eq!(fixture.order_ids().await, [1, 2, 3, 4]);
    assert_eq!(guard.in_flight(), 0);
    assert!(started.elapsed() < SOON);
}

#[tokio::test]
async fn a_held_operation_continues_with_the_real_call() {
    for name in [
        "acquire",
        "BEGIN",
        "INSERT orders",
        "SELECT orders",
        "COMMIT",
    ] {
        for phase in [Phase::Before, Phase::After] {
            for fault in [Fault::latency(LONG), Fault::timeout(LONG)] {
                assert_halt_releases(operation(name), fault, phase).await;
            }
        }
    }
    for fault in [
        Fault::latency(LONG),
        Fault::timeout(LONG),
        Fault::disconnect(Disconnect::Stall),
    ] {
        assert_halt_releases(operation("SELECT orders"), fault, Phase::During).await;
    }
}

#[tokio::test]
async fn a_failing_acquire_gets_a_connection_after_a_halt() {
    assert_halt_releases(operation("acquire"), Fault::reset(), Phase::Before).await;
    assert_halt_releases(operation("acquire"), Fault::reset(), Phase::After).await;
}

#[tokio::test]
async fn held_connections_are_idle_once_halted_returns() {
    let fixture = SqliteFixture::with_short_timeout(3).await;
    let hold = collateral_experiment(
        Fault::hold_connections(connections(3)),
        operation("acquire"),
    );
    let guard = fixture.chaos.start(hold).unwrap();
    fixture.wait_until_exhausted().await;
    fixture.chaos.halt();
    fixture.chaos.halted().await;
    assert_eq!((fixture.db.num_idle(), fixture.db.size()), (3, 3));
    assert_eq!(guard.in_flight(), 0);
}

#[tokio::test]
async fn a_halt_stops_waiting_for_connections_to_hold() {
    let fixture = SqliteFixture::with_connections(2).await;
    let all = (
        fixture.db.acquire().await.unwrap(),
        fixture.db.acquire().await.unwrap(),
    );
    let hold = collateral_experiment(
        Fault::hold_connections(connections(2)),
        operation("SELECT*"),
    );
    let guard = fixture.chaos.start(hold).unwrap();
    let mut connection = all.0;
    connection.execute("SELECT 1").await.unwrap();
    assert_eq!(guard.in_flight(), 1);
    fixture.chaos.halt();
    fixture.chaos.halted().await;
    drop((connection, all.1));
    eventually(|| fixture.db.num_idle() == 2).await;
}

#[tokio::test]
async fn a_held_lock_is_free_once_halted_returns() {
    let fixture = SqliteFixture::with_connections(2).await;
    let mut connection = fixture.db.acquire().await.unwrap();
    let long_timeout = format!("PRAGMA busy_timeout = {}", LONG.as_millis());
    connection
        .execute(sqlx::AssertSqlSafe(long_timeout))
        .await
        .unwrap();
    let experiment = collateral_experiment(Fault::hold_lock(), operation("INSERT orders"));
    let guard = fixture.chaos.start(experiment).unwrap();
    let insert = connection.execute("INSERT INTO orders VALUES (4, 'salt')");
    let halt = async {
        guard.wait_for(1).await.unwrap();
        // Time for the caller to wait for the lock; if it is not there yet, it does not wait at all.
        tokio::time::sleep(Duration::from_millis(50)).await;
        fixture.chaos.halt();
        fixture.chaos.halted().await;
    };
    let (inserted, ()) = tokio::join!(insert, halt);
    inserted.unwrap();
    assert_eq!(fixture.order_ids().await, [1, 2, 3, 4]);
    assert_eq!(guard.in_flight(), 0);
}

#[tokio::test]
async fn nothing_is_injected_after_a_halt() {
    let fixture = without_timeout().await;
    let guard = fixture
        .chaos
        .inject(sqlite_fixture::all_operations(), Fault::reset())
        .unwrap();
    fixture.chaos.halt();
    for _ in 0..10 {
        fixture.db.execute("SELECT 1").await.unwrap();
    }
    assert_eq!(guard.injected(), 0);
}
