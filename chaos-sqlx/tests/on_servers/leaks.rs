//! What is left on servers after thousands of faults.

use std::num::NonZeroU32;
use std::time::Duration;

use chaos_sqlx::{BlastRadius, Experiment, Failure, Fault, Phase};
use futures_util::future::join_all;
use sqlx::{Error, MySql, Postgres};

use crate::failures::failures;
use crate::server::{CONNECTIONS, Server, Setting, collateral};

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
        let connection = setting.db.bypass().acquire().await;
        all.push(connection.expect("its connections have leaked"));
    }
    for mut connection in all {
        connection.return_to_pool().await;
    }
    assert_eq!(setting.db.size(), CONNECTIONS);
    assert_eq!(setting.db.num_idle(), CONNECTIONS as usize);
    setting.until(DB::SESSIONS, i64::from(CONNECTIONS)).await;
    setting.until(DB::HELD, 0).await;
}

/// As many work at once as this; nobody waits for connections that never come back.
async fn all_work<DB: Server>(setting: &Setting<DB>, callers: u32, under: &str) {
    for worked in join_all((0..callers).map(|_| work(setting))).await {
        let waited_in_vain = matches!(worked, Err(Error::PoolTimedOut));
        assert!(!waited_in_vain, "connections have leaked under {under}");
    }
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
            all_work(&setting, 2 * CONNECTIONS, running.name()).await;
            injected += running.injected();
        }
    }
    for fault in [
        Fault::server_sleep(Duration::from_millis(2)),
        Fault::latency(Duration::from_millis(2)),
        Fault::hold_connections(NonZeroU32::MIN),
    ] {
        let running = setting.chaos.start(collateral(fault, "*")).unwrap();
        all_work(&setting, CONNECTIONS, running.name()).await;
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
