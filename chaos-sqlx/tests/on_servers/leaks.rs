//! Thousands of faults leave nothing behind on servers.

use std::num::NonZeroU32;
use std::time::Duration;

use chaos_sqlx::{BlastRadius, Experiment, Failure, Fault, Phase};
use futures_util::future::join_all;
use sqlx::{Error, MySql, Postgres};

use crate::all_failures::all_failures;
use crate::server::Server;
use crate::server_fixture::{CONNECTIONS, ServerFixture, collateral_experiment};

/// Runs a transaction with a savepoint, reads and writes.
async fn work<DB: Server>(fixture: &ServerFixture<DB>) -> Result<(), Error> {
    let mut outer = fixture.db.begin().await?;
    DB::run(
        &mut outer,
        "UPDATE orders SET amount = amount + 1 WHERE id = 1",
    )
    .await?;
    let mut inner = outer.begin().await?;
    let _ = DB::run(&mut inner, "DELETE FROM orders WHERE id = 2").await;
    let _ = inner.rollback().await;
    let _ = DB::run(&mut outer, "SELECT * FROM orders").await;
    outer.commit().await
}

/// Opens all connections, returns them, and asserts that nothing else is left on the server.
async fn assert_nothing_is_left<DB: Server>(fixture: &ServerFixture<DB>) {
    let mut all = Vec::new();
    for _ in 0..CONNECTIONS {
        let connection = fixture.db.bypass().acquire().await;
        all.push(connection.expect("connections have leaked"));
    }
    for mut connection in all {
        connection.return_to_pool().await;
    }
    assert_eq!(fixture.db.size(), CONNECTIONS);
    assert_eq!(fixture.db.num_idle(), CONNECTIONS as usize);
    fixture
        .wait_until(DB::COUNT_SESSIONS, i64::from(CONNECTIONS))
        .await;
    fixture
        .wait_until(DB::COUNT_LOCKS_AND_TRANSACTIONS, 0)
        .await;
}

/// Runs this many callers at once, and asserts that none waits for a leaked connection.
async fn run_callers<DB: Server>(fixture: &ServerFixture<DB>, callers: u32, under: &str) {
    for worked in join_all((0..callers).map(|_| work(fixture))).await {
        let timed_out = matches!(worked, Err(Error::PoolTimedOut));
        assert!(!timed_out, "connections have leaked under {under}");
    }
}

fn experiment(failure: Failure, phase: Phase, operation: &str) -> Experiment {
    Experiment::new(format!("{failure} {phase} {operation}"))
        .fault(Fault::error(failure))
        .phase(phase)
        .blast_radius(BlastRadius::queries_on("db").operation(operation))
}

async fn assert_faults_leave_nothing_behind<DB: Server>() {
    let Some(fixture) = ServerFixture::<DB>::new().await else {
        return;
    };
    assert_nothing_is_left(&fixture).await;
    let mut injected = 0;
    for failure in all_failures() {
        let mut experiments = vec![experiment(failure, Phase::During, "SELECT *")];
        for operation in [
            "BEGIN", "UPDATE *", "DELETE *", "SELECT *", "ROLLBACK", "COMMIT",
        ] {
            experiments.push(experiment(failure, Phase::Before, operation));
            experiments.push(experiment(failure, Phase::After, operation));
        }
        for experiment in experiments {
            let running = fixture.chaos.start(experiment).unwrap();
            run_callers(&fixture, 2 * CONNECTIONS, running.name()).await;
            injected += running.injected();
        }
    }
    for fault in [
        Fault::server_sleep(Duration::from_millis(2)),
        Fault::latency(Duration::from_millis(2)),
        Fault::hold_connections(NonZeroU32::MIN),
    ] {
        let running = fixture
            .chaos
            .start(collateral_experiment(fault, "*"))
            .unwrap();
        run_callers(&fixture, CONNECTIONS, running.name()).await;
        injected += running.injected();
    }
    assert!(injected > 2000, "{injected}");
    assert_nothing_is_left(&fixture).await;
    fixture.remove().await;
}

#[tokio::test]
async fn thousands_of_faults_leave_nothing_behind_on_postgres() {
    assert_faults_leave_nothing_behind::<Postgres>().await;
}

#[tokio::test]
async fn thousands_of_faults_leave_nothing_behind_on_mysql() {
    assert_faults_leave_nothing_behind::<MySql>().await;
}
