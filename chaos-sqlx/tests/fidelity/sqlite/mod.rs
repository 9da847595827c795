//! Observes real and injected failures of SQLite.

mod observation;
mod observed_error;
mod scenario;
mod test_database;

use std::num::NonZeroU32;
use std::time::Instant;

use chaos_sqlx::{BlastRadius, ChaosManager, Experiment, Failure, Fault};
use sqlx::sqlite::SqliteJournalMode;

use crate::fidelity_table::TableRow;
use observation::{Observation, Wait, observe_error};
use scenario::Scenario;
use test_database::{FailureCause, TIMEOUT, TestDatabase};

/// Observes the real failure of a row; returns `None` if there is none.
pub(crate) async fn real_failure(row: TableRow) -> Option<Observation> {
    if let TableRow::AcquireFails | TableRow::HoldConnections = row {
        return Some(observe_exhausted_pool().await);
    }
    let scenario = Scenario::of(row)?;
    let statement = scenario.really_failing?;
    let database = TestDatabase::for_scenario(&scenario).await;
    let pool = database.chaos_pool(&ChaosManager::new());
    let cause = FailureCause::Real(scenario.cause);
    Some(Observation::of(&database, &pool, &scenario, cause, statement).await)
}

/// Observes the injected failure of a row; returns `None` if it is not supported.
pub(crate) async fn injected_failure(row: TableRow) -> Option<Observation> {
    let chaos = ChaosManager::new();
    match row {
        TableRow::AcquireFails => {
            let refused = Fault::error(Failure::Refused);
            return Some(observe_failing_acquire(&chaos, refused).await);
        }
        TableRow::HoldConnections => {
            let hold = Fault::hold_connections(NonZeroU32::MIN);
            return Some(observe_failing_acquire(&chaos, hold).await);
        }
        TableRow::ServerSleep => {
            let database = TestDatabase::new(SqliteJournalMode::Delete, TIMEOUT).await;
            let _pool = database.chaos_pool(&chaos);
            let refused = chaos.start(experiment(Fault::server_sleep(TIMEOUT)));
            assert!(refused.is_err());
            return None;
        }
        _ => {}
    }
    let scenario = Scenario::of(row)?;
    let database = TestDatabase::for_scenario(&scenario).await;
    let pool = database.chaos_pool(&chaos);
    let experiment = experiment(scenario.fault.clone()).phase(scenario.phase);
    let cause = FailureCause::Injected(&chaos, &experiment);
    Some(Observation::of(&database, &pool, &scenario, cause, scenario.statement).await)
}

fn experiment(fault: Fault) -> Experiment {
    Experiment::new("injected")
        .fault(fault)
        .allow_collateral()
        .blast_radius(BlastRadius::queries_on("notes-db"))
}

async fn observe_exhausted_pool() -> Observation {
    let database = TestDatabase::new(SqliteJournalMode::Delete, TIMEOUT).await;
    let _held = database.pool.acquire().await.unwrap();
    let started = Instant::now();
    let result = observe_error(database.pool.acquire().await.map(drop));
    Observation::without_transaction(result, Wait::since(started))
}

async fn observe_failing_acquire(chaos: &ChaosManager, fault: Fault) -> Observation {
    let database = TestDatabase::new(SqliteJournalMode::Delete, TIMEOUT).await;
    let pool = database.chaos_pool(chaos);
    let guard = chaos.start(experiment(fault)).unwrap();
    loop {
        let started = Instant::now();
        let result = observe_error(pool.acquire().await.map(drop));
        assert!(guard.injected() > 0);
        // The first acquire may get a connection before it is held.
        if result.is_err() {
            return Observation::without_transaction(result, Wait::since(started));
        }
    }
}
