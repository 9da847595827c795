//! What must be true before a run begins.

use std::sync::Arc;
use std::time::Duration;

use chaos_core::Overview;
use tokio::time::{sleep, timeout};

use super::RunError;
use super::probe::{Probe, Problem};
use super::running::lease;
use crate::control::Control;
use crate::load::Server;
use crate::query::firing_alert;
use crate::record::{ROOM, RecordWriter};
use crate::scenario::{ProbePlan, Scenario, Target};

/// The time limit of a question to an Alertmanager.
const PATIENCE: Duration = Duration::from_secs(5);

/// The number of looks of each probe, as a single one may fail by chance.
const LOOKS: u32 = 3;

/// The time between two of them.
const PAUSE: Duration = Duration::from_millis(250);

/// Returns the state of a target that can be run against.
pub(super) async fn check(
    scenario: &Scenario,
    control: &impl Control,
    target: &Target,
    record: &RecordWriter,
    probes: impl Iterator<Item = &Arc<Probe>>,
) -> Result<Overview, RunError> {
    let overview = control.describe().await?;
    if let Some(running) = overview.running.first() {
        return Err(RunError::NotFree(format!("`{running}` is running")));
    }
    if let Some(halt) = overview.halts.first() {
        return Err(RunError::NotFree(format!("halted by {}", halt.attribution)));
    }
    control
        .check(&scenario.experiments, lease(&scenario.experiments))
        .await?;
    if let Some(room) = record.room()?.filter(|room| *room < ROOM) {
        return Err(RunError::Room(room >> 20));
    }
    if let Some(url) = &target.alertmanager {
        no_alert_fires(url).await?;
    }
    for probe in probes {
        is_well(probe).await?;
    }
    Ok(overview)
}

/// Looks once whether a target is well: no alert fires at its Alertmanager, and each probe succeeds.
///
/// A probe that fails is asked again shortly after, as a single look may fail by chance.
///
/// # Errors
///
/// When an alert fires, a probe fails, or one of them can't be asked.
pub async fn check_health(probes: &[ProbePlan], target: &Target) -> Result<(), RunError> {
    if let Some(url) = &target.alertmanager {
        no_alert_fires(url).await?;
    }
    for probe in &Probe::of_plans(probes, target)? {
        is_well(probe).await?;
    }
    Ok(())
}

async fn no_alert_fires(url: &str) -> Result<(), RunError> {
    let server = Server::parse(url)?;
    let asked = timeout(PATIENCE, firing_alert(&server)).await;
    let asked = asked.unwrap_or_else(|_| Err(format!("no answer within {PATIENCE:?}")));
    match asked {
        Ok(None) => Ok(()),
        Ok(Some(name)) => Err(RunError::Alert(name)),
        Err(problem) => Err(RunError::Alertmanager(url.to_owned(), problem)),
    }
}

async fn is_well(probe: &Probe) -> Result<(), RunError> {
    for _ in 1..LOOKS {
        if probe.look().await.is_ok() {
            return Ok(());
        }
        sleep(PAUSE).await;
    }
    let unwell = |problem: Problem| RunError::NotSteady(probe.name.clone(), problem.into_text());
    probe.look().await.map(drop).map_err(unwell)
}
