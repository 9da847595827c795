//! What runs, and which sites there are.

use std::sync::Arc;
use std::time::Duration;

use super::ChaosManager;
use super::inner::{Inner, Origin};
use crate::delay;
use crate::running::Running;
use crate::site::Entry;
use crate::{BlastRadius, EndReason, Experiment, Level, Needs, PressureLevel, Risk, SiteKind};

/// How an experiment of this manager stands.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ExperimentStatus {
    /// Its name.
    pub name: String,
    /// Whether it runs.
    pub state: ExperimentState,
    /// How many operations it has treated.
    pub injected: u64,
    /// How many it is treating now.
    pub in_flight: u64,
    /// How far its pressures are, those of clocks last; empty when it has none.
    pub pressure: Vec<PressureLevel>,
    /// How far it reaches.
    pub level: Level,
    /// How dangerous it is.
    pub risk: Risk,
    /// Who answers for it.
    pub owner: Option<String>,
    /// What it is to find out.
    pub why: Option<String>,
    /// Whether it only says what it would do.
    pub dry_run: bool,
}

/// Whether an experiment runs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExperimentState {
    /// It runs, for at most this much longer.
    Running {
        /// What is left of its time limit.
        time_left: Duration,
    },
    /// It waits for a site that its conditions can judge.
    Waiting,
    /// It has ended.
    Ended(EndReason),
}

/// A registered site.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SiteStatus {
    /// The service.
    pub service: String,
    /// The kind of place.
    pub kind: SiteKind,
    /// What running experiments want of it right now, if anything.
    pub needs: Option<Needs>,
    /// Whether it is protected from every experiment.
    pub protected: bool,
    /// The experiments that concern it, in the order in which they apply.
    pub experiments: Vec<String>,
}

impl ChaosManager {
    /// How all experiments stand: those that ended lately, those that run, those that wait.
    #[must_use]
    pub fn status(&self) -> Vec<ExperimentStatus> {
        self.0.status()
    }

    /// All registered sites, by name.
    #[must_use]
    pub fn sites(&self) -> Vec<SiteStatus> {
        let table = self.0.table();
        table
            .sites
            .values()
            .map(|site| SiteStatus {
                service: site.service().to_string(),
                kind: site.kind(),
                needs: site.needs(),
                protected: site.is_protected(),
                experiments: site
                    .plan()
                    .entries()
                    .iter()
                    .filter_map(Entry::running)
                    .map(|running| running.name().to_string())
                    .collect(),
            })
            .collect()
    }
}

impl Inner {
    fn status(&self) -> Vec<ExperimentStatus> {
        self.end_overdue();
        let table = self.table();
        let now = delay::now();
        let running = table.running.values().map(|active| &active.running);
        table
            .ended
            .iter()
            .chain(running)
            .map(|running| self.of_running(running, now))
            .chain(
                table
                    .waiting
                    .iter()
                    .map(|waiting| self.of(&waiting.experiment, ExperimentState::Waiting)),
            )
            .collect()
    }

    fn of_running(&self, running: &Arc<Running>, now: std::time::Instant) -> ExperimentStatus {
        let time_left = running.time_left(now);
        let state = match running.end_reason() {
            Some(reason) => ExperimentState::Ended(reason.clone()),
            // It has been over since it was looked whether any is.
            None if time_left.is_zero() => ExperimentState::Ended(EndReason::TimeLimit),
            None => ExperimentState::Running { time_left },
        };
        ExperimentStatus {
            injected: running.gate().injected(),
            in_flight: running.gate().inside(),
            pressure: running.pressures().levels(),
            dry_run: running.is_dry_run(),
            risk: running.experiment().risk(running.environment()),
            ..self.of(running.experiment(), state)
        }
    }

    fn of(&self, experiment: &Experiment, state: ExperimentState) -> ExperimentStatus {
        ExperimentStatus {
            name: experiment.name().to_owned(),
            state,
            injected: 0,
            in_flight: 0,
            pressure: Vec::new(),
            level: experiment
                .radius()
                .map_or(Level::Request, BlastRadius::level),
            risk: experiment.risk(self.environment(Origin::File)),
            owner: experiment.owned_by().map(str::to_owned),
            why: experiment.why().map(str::to_owned),
            dry_run: experiment.is_dry_run(),
        }
    }
}
