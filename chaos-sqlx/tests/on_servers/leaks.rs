//! What is left on servers after thousands of faults.

use std::num::NonZeroU32;
use std::time::Duration;

use chaos_sqlx::{BlastRadius, Experiment, Failure, Fault, Phase};
use futures_util::future::join_all;
use sqlx::{Error, MySql, Postgres};

use crate::server::{CONNECTIONS, Server, Setting, collateral};

/// Every failure there is, with states that end sessions, states that don't, and one that is only a warning.
fn failures() -> Vec<Failure> {
    let mut failures = vec![
        Failure::Unavailable,
        Failure::Overloaded,
        Failure::Refused,
        Failure::Reset,
        Failure::Closed,
        Failure::TimedOut,
        Failure::CircuitOpen,
        Failure::Deadlock,
        Failure::SerializationConflict,
        Failure::UniqueViolation,
        Failure::ForeignKeyViolation,
        Failure::CheckViolation,
        Failure::QueryCancelled,
        Failure::TooManyConnections,
        Failure::ReadOnly,
        Failure::DiskFull,
        Failure::Internal,
        Failure::PermissionDenied,
        Failure::NotFound,
    ];
    for state in [
        "57P01", "57P03", "40001", "22012", "01000", "HY000", "ABCDE",
    ] {
        failures.push(Failure::sql_state(state).unwrap());
    }
    failures
}

/// Something of everything that a caller does.
async fn work<DB: Server>(setting: &Setting<DB>) -> Result<(), Error> {
    let mut outer = setting.db.begin().await?;
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

/// Opens all connections that there may be, and gives them back.
async fn fill<DB: Server>(setting: &Setting<DB>) {
    let mut all = Vec::new();
    for _ in 0..CONNECTIONS {
        all.push(setting.db.bypass().acquire().await.unwrap());
    }
    for mut connection in all {
        connection.return_to_pool().await;
    }
    assert_eq!(setting.db.size(), CONNECTIONS);
    assert_eq!(setting.db.num_idle(), CONNECTIONS as usize);
    setting.until(DB::SESSIONS, i64::from(CONNECTIONS)).await;
    setting.until(DB::HELD, 0).await;
}

fn experiment(failure: Failure, phase: Phase, operation: &str) -> Experiment {
    Experiment::new(format!("{failure} {phase} {operation}"))
        .fault(Fault::error(failure))
        .phase(phase)
        .blast_radius(BlastRadius::queries_on("db").operation(operation))
}

async fn leaves_nothing_on<DB: Server>() {
    let Some(setting) = Setting::<DB>::new().await else {
        return;
    };
    fill(&setting).await;
    let mut injected = 0;
    for failure in failures() {
        let mut experiments = vec![experiment(failure, Phase::During, "SELECT *")];
        for operation in [
            "BEGIN", "UPDATE *", "DELETE *", "SELECT *", "ROLLBACK", "COMMIT",
        ] {
            experiments.push(experiment(failure, Phase::Before, operation));
            experiments.push(experiment(failure, Phase::After, operation));
        }
        for experiment in experiments {
            let running = setting.chaos.start(experiment).unwrap();
            // Twice as many at once as there are connections.
            join_all((0..2 * CONNECTIONS).map(|_| work(&setting))).await;
            injected += running.injected();
        }
    }
    for fault in [
        Fault::server_sleep(Duration::from_millis(2)),
        Fault::latency(Duration::from_millis(2)),
        Fault::hold_connections(NonZeroU32::MIN),
    ] {
        let running = setting.chaos.start(collateral(fault, "*")).unwrap();
        join_all((0..CONNECTIONS).map(|_| work(&setting))).await;
        injected += running.injected();
    }
    assert!(injected > 2000, "{injected}");
    fill(&setting).await;
    setting.end().await;
}

#[tokio::test]
async fn thousands_of_faults_leave_nothing_on_postgres() {
    leaves_nothing_on::<Postgres>().await;
}

#[tokio::test]
async fn thousands_of_faults_leave_nothing_on_mysql() {
    leaves_nothing_on::<MySql>().await;
}
