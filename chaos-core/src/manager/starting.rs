//! Starts experiments, either all of a batch or none.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::active::Active;
use super::approving::approver;
use super::guard::ExperimentGuard;
use super::inner::Inner;
use super::refusal::{hanging_probes, refuse};
use super::settings::Origin;
use super::settling::settle_later;
use super::start_request::StartRequest;
use super::table::Table;
use crate::error::PressureError;
use crate::guardian::Watch;
use crate::journal::Event;
use crate::judge::Judge;
use crate::pressure::PreparedPressure;
use crate::running::{Lease, Mode, Reach, Running, Start, prepare_pressures};
use crate::site::PlacedExperiment;
use crate::{Actor, EndReason, Error, Experiment, SiteKind, metrics};

/// Experiments on the table; dropping this withdraws the announcement of pressures that have not begun.
struct StartedAll(Vec<Started>);

impl Drop for StartedAll {
    fn drop(&mut self) {
        for Started { running, .. } in &self.0 {
            running.pressures.expect_no_more(running);
        }
    }
}

/// An experiment on the table.
pub(super) struct Started {
    pub(super) running: Arc<Running>,
    pub(super) judges: Box<[Arc<Judge>]>,
    /// The journal event if no site matches.
    unmatched: Option<Event>,
}

impl Inner {
    /// Starts all of these experiments, or none.
    pub(super) fn start(
        self: &Arc<Self>,
        experiments: Vec<Experiment>,
        request: &StartRequest,
    ) -> Result<Vec<ExperimentGuard>, Error> {
        let names: Vec<String> = experiments
            .iter()
            .map(|one| one.name().to_owned())
            .collect();
        self.try_start(experiments, request).map_err(|(at, error)| {
            self.journal_refusal(&names[at], &error);
            error
        })
    }

    /// Whether all of these experiments could start together now.
    pub(super) fn could_start(
        self: &Arc<Self>,
        experiments: &[Experiment],
        request: &StartRequest,
    ) -> Result<(), Error> {
        self.end_overdue();
        self.sweep();
        self.check(experiments, request)
            .map_err(|(_, error)| error)?;
        for experiment in experiments {
            approver(&self.settings, experiment, request)?;
            hanging_probes(&self.settings, experiment)?;
            self.prepare_pressures(experiment, request.origin)?;
        }
        Ok(())
    }

    /// Starts an experiment under a free name, derived from the preferred one.
    pub(super) fn start_under_free_name(
        self: &Arc<Self>,
        preferred: &str,
        experiment: impl Fn(String) -> Experiment,
    ) -> Result<ExperimentGuard, Error> {
        let request = StartRequest::by(Actor::Code);
        loop {
            let name = self.free_name(preferred);
            match self.try_start(vec![experiment(name.clone())], &request) {
                Ok(mut guards) => return Ok(guards.remove(0)),
                // Another thread took the name in the meantime.
                Err((_, Error::AlreadyRunning { .. })) => {}
                Err((_, error)) => {
                    self.journal_refusal(&name, &error);
                    return Err(error);
                }
            }
        }
    }

    /// The same as `start`, but an error comes with the index of its experiment.
    pub(super) fn try_start(
        self: &Arc<Self>,
        experiments: Vec<Experiment>,
        request: &StartRequest,
    ) -> Result<Vec<ExperimentGuard>, (usize, Error)> {
        // Names of experiments that have ended become free.
        self.end_overdue();
        self.sweep();
        self.check(&experiments, request)?;
        let mut prepared = Vec::with_capacity(experiments.len());
        let mut approvers = Vec::with_capacity(experiments.len());
        for (at, experiment) in experiments.iter().enumerate() {
            approvers
                .push(approver(&self.settings, experiment, request).map_err(|error| (at, error))?);
            hanging_probes(&self.settings, experiment).map_err(|error| (at, error))?;
            prepared.push(
                self.prepare_pressures(experiment, request.origin)
                    .map_err(|error| (at, error))?,
            );
        }
        let started = StartedAll(self.put_on_table(experiments, &prepared, request)?);
        let started = &started.0;
        // The guards come first: from here on, nothing runs without one.
        let guards = started
            .iter()
            .map(|one| ExperimentGuard::new(Arc::clone(&one.running), Arc::downgrade(self)))
            .collect();
        for (one, approver) in started.iter().zip(approvers) {
            self.journal_start(&one.running, approver);
            if let Some(event) = &one.unmatched {
                self.journal.record(event.clone());
            }
        }
        for (at, (one, prepared)) in started.iter().zip(prepared).enumerate() {
            let running = &one.running;
            self.run_probes(one)
                .map_err(Error::NoGuardian)
                .and_then(|()| {
                    let begun = running.pressures.begin(running, prepared);
                    begun.map_err(|source| pressure_error(&running.name, source))
                })
                .map_err(|error| {
                    for Started { running, .. } in started {
                        running.finish(EndReason::Aborted(error.to_string()));
                    }
                    self.sweep();
                    (at, error)
                })?;
        }
        self.activate(started);
        Ok(guards)
    }

    /// Starts an experiment that strikes only where a witness chooses.
    pub(super) fn place(
        self: &Arc<Self>,
        experiment: Experiment,
    ) -> Result<(ExperimentGuard, PlacedExperiment), Error> {
        let mut guards = self.start(vec![experiment], &StartRequest::placed())?;
        let guard = guards.remove(0);
        let placed = PlacedExperiment(Arc::clone(guard.running()));
        Ok((guard, placed))
    }

    /// Refuses experiments that must not start.
    fn check(
        &self,
        experiments: &[Experiment],
        request: &StartRequest,
    ) -> Result<(), (usize, Error)> {
        let table = self.table();
        let mut names = BTreeSet::new();
        for (at, experiment) in experiments.iter().enumerate() {
            let checked = if names.insert(experiment.name()) {
                refuse(&table, &self.settings, experiment, request).map(drop)
            } else {
                let experiment = experiment.name().to_owned();
                Err(Error::AlreadyRunning {
                    experiment,
                    by: request.attribution.by.clone(),
                })
            };
            checked.map_err(|error| (at, error))?;
        }
        Ok(())
    }

    /// Checks that there is room for an experiment's pressures, without a lock as disks may be slow.
    fn prepare_pressures(
        &self,
        experiment: &Experiment,
        origin: Origin,
    ) -> Result<Vec<PreparedPressure>, Error> {
        let reaches_here = experiment
            .radius()
            .is_some_and(|radius| self.settings.reach(experiment.name(), radius) == Reach::Here);
        if origin == Origin::Placed || !reaches_here {
            return Ok(Vec::new());
        }
        prepare_pressures(experiment, &self.skews)
            .map_err(|source| pressure_error(experiment.name(), source))
    }

    /// Puts all experiments on the table, or none if one must be refused by now.
    fn put_on_table(
        self: &Arc<Self>,
        experiments: Vec<Experiment>,
        prepared: &[Vec<PreparedPressure>],
        request: &StartRequest,
    ) -> Result<Vec<Started>, (usize, Error)> {
        // Declared before the lock, to be dropped after it.
        let mut replaced = SettleLater(Vec::new());
        let mut table = self.table();
        let mut checked = Vec::with_capacity(experiments.len());
        for (at, experiment) in experiments.into_iter().enumerate() {
            checked.push(
                self.prepare(&table, experiment, request)
                    .map_err(|error| (at, error))?,
            );
        }
        let mut started = Vec::with_capacity(checked.len());
        for ((one, watches), prepared) in checked.into_iter().zip(prepared) {
            let (running, judges) = one;
            if !running.is_dry_run() {
                running.pressures.expect(prepared);
            }
            if let Some(active) = table.running.get(&running.name)
                && request.replaces.includes(active.running.id)
            {
                let by = request.attribution.clone();
                active.running.close_gate(EndReason::Replaced(by));
            }
            let (site_match, unmatched) = table.match_sites(&running);
            let active = Active {
                running: Arc::clone(&running),
                judges: judges.clone(),
                watches,
                site_match,
                is_activated: false,
            };
            // One of the same name that was replaced, or has ended since the sweep.
            if let Some(ended) = table.add(active) {
                table.refresh(&[ended.as_changed()]);
                replaced.0.push(ended);
            }
            started.push(Started {
                running,
                judges,
                unmatched,
            });
        }
        Ok(started)
    }

    /// Lets experiments on the table affect operations.
    ///
    /// This comes after their pressures: none of them may strike if a pressure of another can't start.
    fn activate(&self, started: &[Started]) {
        let all: Vec<_> = started
            .iter()
            .map(|one| (&one.running, &*one.judges))
            .collect();
        let mut table = self.table();
        for one in started {
            table.running.activate(&one.running);
        }
        table.refresh(&all);
        let mut connections = Vec::new();
        for one in started {
            let sites = table.sites.selected_by(&one.running.radius);
            let streams = sites.filter(|site| site.kind() == SiteKind::Stream);
            connections.extend(streams.cloned());
        }
        drop(table);
        for site in connections {
            site.idle_tasks().wake();
        }
    }

    /// Checks an experiment and puts its duties on the guardian's roster; it does not affect operations yet.
    fn prepare(
        self: &Arc<Self>,
        table: &Table,
        experiment: Experiment,
        request: &StartRequest,
    ) -> Result<(Judged, Vec<Watch>), Error> {
        let radius = refuse(table, &self.settings, &experiment, request)?;
        let mode = match request.origin {
            Origin::Placed => Mode::Placed,
            _ if experiment.is_dry_run() => Mode::DryRun,
            _ => self.mode,
        };
        let Some(period) = self.switch.period() else {
            let experiment = experiment.name().to_owned();
            return Err(Error::Halted { experiment });
        };
        let start = Start {
            switch: Arc::clone(&self.switch),
            period,
            mode,
            reach: self.settings.reach(experiment.name(), &radius),
            seed: self.settings.seed,
            batch: request.batch,
            spared: self.settings.spared(&experiment, &radius, request.origin),
            experiment,
            radius: Arc::new(radius),
            environment: self.settings.environment(request.origin),
            attribution: request.attribution.clone(),
            lease: request.lease,
        };
        let running = Running::new(start, Arc::clone(&self.journal), self.housekeeping.clone());
        let judges: Box<[_]> = running
            .experiment
            .abort_conditions()
            .iter()
            .map(|condition| {
                let running = Arc::downgrade(&running);
                Arc::new(Judge::new(
                    condition.clone(),
                    running,
                    self.settings.check_every,
                ))
            })
            .collect();
        let watches = self.watches(&running, &judges).map_err(Error::NoGuardian)?;
        Ok(((running, judges), watches))
    }

    /// Derives a name that no running experiment has from the preferred one.
    fn free_name(&self, preferred: &str) -> String {
        let table = self.table();
        let mut name = preferred.to_owned();
        let mut number = 2_u32;
        while table
            .running
            .get(name.as_str())
            .is_some_and(|active| active.running.is_open())
        {
            name = format!("{preferred} #{number}");
            number += 1;
        }
        name
    }

    fn journal_start(&self, running: &Running, approved_by: Option<String>) {
        let environment = running.environment;
        let experiment = &running.experiment;
        metrics::started(experiment.name());
        self.journal.record(Event::Started {
            experiment: experiment.name().to_owned(),
            owner: experiment.owned_by().map(str::to_owned),
            why: experiment.why().map(str::to_owned),
            risk: experiment.risk(environment),
            level: running.radius.level(),
            environment,
            consents: experiment.consents(),
            approved_by,
            seed: self.settings.seed,
            dry_run: running.is_dry_run(),
            attribution: running.attribution.clone(),
            lease: running.lease().map(Lease::length),
        });
    }

    pub(super) fn journal_refusal(&self, experiment: &str, error: &Error) {
        metrics::refused();
        self.journal.record(Event::Refused {
            experiment: experiment.to_owned(),
            why: error.to_string(),
        });
    }
}

/// Experiments to settle once the lock is released.
struct SettleLater(Vec<Active>);

impl Drop for SettleLater {
    fn drop(&mut self) {
        self.0.drain(..).for_each(settle_later);
    }
}

/// A running experiment with its judges.
type Judged = (Arc<Running>, Box<[Arc<Judge>]>);

fn pressure_error(experiment: &str, source: PressureError) -> Error {
    Error::Pressure {
        experiment: experiment.to_owned(),
        source,
    }
}

#[cfg(test)]
#[path = "starting_tests.rs"]
mod tests;
