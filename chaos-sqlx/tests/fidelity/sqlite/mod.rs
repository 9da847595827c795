//! SQLite, failing by itself and by us.

mod observed;
mod scene;
mod stage;

use std::num::NonZeroU32;
use std::time::Instant;

use chaos_sqlx::{BlastRadius, ChaosManager, Experiment, Failure, Fault};
use sqlx::sqlite::SqliteJournalMode;

use crate::table::Row;
use observed::{Observed, Waited, seen};
use scene::Scene;
use stage::{Cause, PATIENCE, Stage};

/// What is seen when it really fails, if it can.
pub(crate) async fn real(row: Row) -> Option<Observed> {
    if let Row::AcquireFails | Row::HoldConnections = row {
        return Some(exhausted_by_hand().await);
    }
    let scene = Scene::of(row)?;
    let really = scene.really?;
    let stage = Stage::of(&scene).await;
    let db = stage.under(&ChaosManager::new());
    Some(Observed::of(&stage, &db, &scene, Cause::Real(scene.trouble), really).await)
}

/// What is seen when we have it fail, if we can.
pub(crate) async fn injected(row: Row) -> Option<Observed> {
    let chaos = ChaosManager::new();
    match row {
        Row::AcquireFails => {
            return Some(exhausted_by(&chaos, Fault::error(Failure::Refused)).await);
        }
        Row::HoldConnections => {
            let hold = Fault::hold_connections(NonZeroU32::MIN);
            return Some(exhausted_by(&chaos, hold).await);
        }
        Row::ServerSleep => {
            let stage = Stage::new(SqliteJournalMode::Delete, PATIENCE).await;
            let _db = stage.under(&chaos);
            let refused = chaos.start(experiment(Fault::server_sleep(PATIENCE)));
            assert!(refused.is_err());
            return None;
        }
        _ => {}
    }
    let scene = Scene::of(row)?;
    let stage = Stage::of(&scene).await;
    let db = stage.under(&chaos);
    let experiment = experiment(scene.fault.clone()).phase(scene.phase);
    let ours = Cause::Ours(&chaos, &experiment);
    Some(Observed::of(&stage, &db, &scene, ours, scene.statement).await)
}

fn experiment(fault: Fault) -> Experiment {
    Experiment::new("injected")
        .fault(fault)
        .allow_collateral()
        .blast_radius(BlastRadius::queries_on("notes-db"))
}

async fn exhausted_by_hand() -> Observed {
    let stage = Stage::new(SqliteJournalMode::Delete, PATIENCE).await;
    let _held = stage.pool.acquire().await.unwrap();
    let started = Instant::now();
    let failed = seen(stage.pool.acquire().await.map(drop));
    Observed::outside(failed, Waited::since(started))
}

async fn exhausted_by(chaos: &ChaosManager, fault: Fault) -> Observed {
    let stage = Stage::new(SqliteJournalMode::Delete, PATIENCE).await;
    let db = stage.under(chaos);
    let guard = chaos.start(experiment(fault)).unwrap();
    loop {
        let started = Instant::now();
        let failed = seen(db.acquire().await.map(drop));
        assert!(guard.injected() > 0);
        // Who comes first may get a connection before it is held.
        if failed.is_err() {
            return Observed::outside(failed, Waited::since(started));
        }
    }
}
