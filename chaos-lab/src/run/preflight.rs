//! What must be true before a run begins.

use std::sync::Arc;
use std::time::Duration;

use chaos_core::Overview;
use tokio::time::{sleep, timeout};

use super::RunError;
use super::probe::Probe;
use super::running::LEASE;
use crate::control::Control;
use crate::load::{BaseUrl, client};
use crate::query::firing_alert;
use crate::record::RecordWriter;
use crate::scenario::{Scenario, Target};

/// The time limit of a question to an Alertmanager.
const PATIENCE: Duration = Duration::from_secs(5);

/// The number of looks of each probe, as a single one may fail by chance.
const LOOKS: u32 = 3;

/// The time between two of them.
const PAUSE: Duration = Duration::from_millis(250);

/// The room that a record needs; one of an hour at 500 requests a second takes about 500 MB.
const ROOM: u64 = 512 << 20;

/// What is looked at before a run begins.
pub(super) struct Preflight<'a, C> {
    pub(super) scenario: &'a Scenario,
    pub(super) control: &'a C,
    pub(super) target: &'a Target,
    pub(super) record: &'a RecordWriter,
}

impl<C: Control> Preflight<'_, C> {
    /// Returns the state of a target that can be run against.
    pub(super) async fn check(
        &self,
        steady_state: &[Arc<Probe>],
        rules: &[Arc<Probe>],
    ) -> Result<Overview, RunError> {
        let overview = self.control.describe().await?;
        if let Some(running) = overview.running.first() {
            return Err(RunError::NotFree(format!("`{running}` is running")));
        }
        if let Some(halt) = overview.halts.first() {
            return Err(RunError::NotFree(format!("halted by {}", halt.attribution)));
        }
        let experiments = &self.scenario.experiments;
        self.control.check(experiments, LEASE).await?;
        self.room()?;
        self.alert().await?;
        for probe in steady_state.iter().chain(rules) {
            is_well(probe).await?;
        }
        Ok(overview)
    }

    fn room(&self) -> Result<(), RunError> {
        match self.record.room()? {
            Some(room) if room < ROOM => Err(RunError::Room(room >> 20)),
            _ => Ok(()),
        }
    }

    async fn alert(&self) -> Result<(), RunError> {
        let Some(url) = &self.target.alertmanager else {
            return Ok(());
        };
        let base = BaseUrl::parse(url)?;
        let client = client();
        let asked = timeout(PATIENCE, firing_alert(&client, &base)).await;
        let asked = asked.unwrap_or_else(|_| Err(format!("no answer within {PATIENCE:?}")));
        match asked {
            Ok(None) => Ok(()),
            Ok(Some(name)) => Err(RunError::Alert(name)),
            Err(problem) => Err(RunError::Alertmanager {
                url: url.clone(),
                problem,
            }),
        }
    }
}

async fn is_well(probe: &Probe) -> Result<(), RunError> {
    let mut looks = 1;
    loop {
        match probe.look().await {
            Ok(_) => return Ok(()),
            Err(_) if looks < LOOKS => {
                looks += 1;
                sleep(PAUSE).await;
            }
            Err(problem) => {
                return Err(RunError::NotSteady {
                    probe: probe.name().to_owned(),
                    problem: problem.into_text(),
                });
            }
        }
    }
}
