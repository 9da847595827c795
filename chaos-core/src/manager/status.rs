//! Reports the state of experiments and sites.

use std::sync::Arc;
use std::time::Instant;

use super::inner::Inner;
use crate::running::{Mode, Running};
use crate::site::Entry;
use crate::status::{
    ExperimentState, ExperimentStatus, LeaseStatus, Overview, RateReached, SiteStatus,
};
use crate::{Attribution, BlastRadius, Environment, Experiment, Level, Rate, delay};

impl Inner {
    pub(super) fn sites(&self) -> Vec<SiteStatus> {
        let table = self.table();
        table
            .sites
            .all()
            .map(|site| SiteStatus {
                service: site.service().to_string(),
                kind: site.kind(),
                protected: site.is_protected(),
                experiments: site
                    .plan()
                    .entries()
                    .iter()
                    .filter_map(Entry::running)
                    .map(|running| running.name.to_string())
                    .collect(),
                supports: site.support().listed(),
            })
            .collect()
    }

    pub(super) fn overview(&self) -> Overview {
        let journal_next = self.journal.next_number();
        let totals = self.journal.totals();
        let table = self.table();
        let running = table.running.all().map(|active| &active.running);
        Overview {
            instance: self.settings.instance.clone(),
            environment: self.settings.environment,
            seed: self.settings.seed,
            dry_run: self.mode == Mode::DryRun,
            switched_off: table.start_policy.is_switched_off(),
            halts: table.start_policy.halts().cloned().collect(),
            sites: table.sites.count(),
            running: running
                .filter(|running| running.end_reason().is_none())
                .map(|running| running.name.to_string())
                .collect(),
            waiting: table
                .waiting
                .iter()
                .map(|waiting| waiting.experiment.name().to_owned())
                .collect(),
            journal_next,
            totals,
        }
    }

    pub(super) fn status(&self) -> Vec<ExperimentStatus> {
        self.end_overdue_quietly();
        let table = self.table();
        let now = delay::now();
        let running = table.running.all().map(|active| &active.running);
        table
            .ended
            .iter()
            .chain(running)
            .map(|running| self.of_running(running, now))
            .chain(table.waiting.iter().map(|waiting| {
                self.of(
                    &waiting.experiment,
                    waiting.request.attribution.clone(),
                    self.settings.environment(waiting.request.origin),
                    ExperimentState::Waiting,
                )
            }))
            .collect()
    }

    fn of_running(&self, running: &Arc<Running>, now: Instant) -> ExperimentStatus {
        let time_left = running.time_left(now);
        let state = match running.end_reason() {
            Some(reason) => ExperimentState::Ended(reason.clone()),
            // It expired after the check for overdue experiments.
            None if running.has_expired(now) => ExperimentState::Ended(running.why_expired(now)),
            None => ExperimentState::Running { time_left },
        };
        ExperimentStatus {
            injected: running.gate.injected(),
            in_flight: running.gate.inside(),
            pressure: running.pressures.levels(),
            dry_run: running.is_dry_run(),
            id: Some(running.id),
            since: Some(running.since),
            lease: running.lease().map(|lease| LeaseStatus {
                length: lease.length(),
                time_left: lease.time_left(Instant::now()),
            }),
            rate: running.rate_reached(),
            delay: running.felt_delays.reached(),
            ..self.of(
                &running.experiment,
                running.attribution.clone(),
                running.environment,
                state,
            )
        }
    }

    fn of(
        &self,
        experiment: &Experiment,
        attribution: Attribution,
        environment: Environment,
        state: ExperimentState,
    ) -> ExperimentStatus {
        let radius = experiment.radius();
        ExperimentStatus {
            name: experiment.name().to_owned(),
            state,
            id: None,
            since: None,
            attribution,
            experiment: experiment.clone(),
            environment,
            lease: None,
            rate: RateReached {
                asked: radius.map_or(Rate::ALWAYS, BlastRadius::operation_rate),
                struck: 0,
                covered: None,
                drawn: None,
                bounded_by: Vec::new(),
            },
            delay: None,
            injected: 0,
            in_flight: 0,
            pressure: Vec::new(),
            level: radius.map_or(Level::Request, BlastRadius::level),
            risk: experiment.risk(environment),
            owner: experiment.owned_by().map(str::to_owned),
            why: experiment.why().map(str::to_owned),
            dry_run: experiment.is_dry_run(),
        }
    }
}
