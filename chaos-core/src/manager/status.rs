//! Reports the state of experiments and sites.

use std::sync::Arc;
use std::time::Instant;

use super::inner::Inner;
use super::settings::Origin;
use crate::running::Running;
use crate::site::Entry;
use crate::status::{ExperimentState, ExperimentStatus, SiteStatus};
use crate::{BlastRadius, EndReason, Experiment, Level, delay};

impl Inner {
    pub(super) fn sites(&self) -> Vec<SiteStatus> {
        let table = self.table();
        table
            .sites
            .all()
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
                    .map(|running| running.name.to_string())
                    .collect(),
            })
            .collect()
    }

    pub(super) fn status(&self) -> Vec<ExperimentStatus> {
        self.end_overdue();
        let table = self.table();
        let now = delay::now();
        let running = table.running.all().map(|active| &active.running);
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

    fn of_running(&self, running: &Arc<Running>, now: Instant) -> ExperimentStatus {
        let time_left = running.time_left(now);
        let state = match running.end_reason() {
            Some(reason) => ExperimentState::Ended(reason.clone()),
            // It expired after the check for overdue experiments.
            None if time_left.is_zero() => ExperimentState::Ended(EndReason::TimeLimit),
            None => ExperimentState::Running { time_left },
        };
        ExperimentStatus {
            injected: running.gate.injected(),
            in_flight: running.gate.inside(),
            pressure: running.pressures.levels(),
            dry_run: running.is_dry_run(),
            risk: running.experiment.risk(running.environment),
            ..self.of(&running.experiment, state)
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
            risk: experiment.risk(self.settings.environment(Origin::File)),
            owner: experiment.owned_by().map(str::to_owned),
            why: experiment.why().map(str::to_owned),
            dry_run: experiment.is_dry_run(),
        }
    }
}
