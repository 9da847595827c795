//! Starting experiments: all that are asked for, or none.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use super::control::{Control, Kept};
use super::inner::{Inner, Origin};
use super::refusal::refuse;
use crate::compiled::compiled_in;
use crate::guardian::{self, Judging, Limit, Watch};
use crate::journal::Event;
use crate::pressing;
use crate::pressure::PreparedPressure;
use crate::running::{Mode, Reach, Running};
use crate::{
    Criterion, EndReason, Environment, Error, Experiment, ExperimentGuard, PressureError, delay,
    metrics,
};

/// Those on the table; whatever has not begun when this is dropped never will, and nobody is to wait for it.
struct Begun(Vec<Started>);

impl Drop for Begun {
    fn drop(&mut self) {
        for (running, _) in &self.0 {
            running.expect_no_more_pressures();
        }
    }
}

/// An experiment that is on the table, and what is to be told of whom it concerns.
type Started = (Arc<Running>, Option<Event>);

impl Inner {
    /// Starts all of these experiments, or none.
    pub(super) fn start(
        self: &Arc<Self>,
        experiments: Vec<Experiment>,
        origin: Origin,
    ) -> Result<Vec<ExperimentGuard>, Error> {
        let names: Vec<String> = experiments
            .iter()
            .map(|one| one.name().to_owned())
            .collect();
        self.try_start(experiments, origin).map_err(|(at, error)| {
            self.tell_of_refusal(&names[at], &error);
            error
        })
    }

    /// Starts an experiment under a name that no other has, made from a wish.
    pub(super) fn start_under_free_name(
        self: &Arc<Self>,
        wish: &str,
        experiment: impl Fn(String) -> Experiment,
    ) -> Result<ExperimentGuard, Error> {
        loop {
            let name = self.free_name(wish);
            match self.try_start(vec![experiment(name.clone())], Origin::Code) {
                Ok(mut guards) => return Ok(guards.remove(0)),
                // Another thread took the name since it was found to be free.
                Err((_, Error::AlreadyRunning { .. })) => {}
                Err((_, error)) => {
                    self.tell_of_refusal(&name, &error);
                    return Err(error);
                }
            }
        }
    }

    /// As `start`; an error comes with the number of the experiment it is about.
    pub(super) fn try_start(
        self: &Arc<Self>,
        experiments: Vec<Experiment>,
        origin: Origin,
    ) -> Result<Vec<ExperimentGuard>, (usize, Error)> {
        let environment = self.environment(origin);
        // Names of experiments that have ended become free.
        self.sweep();
        self.check(&experiments, origin, environment)?;
        let mut prepared = Vec::with_capacity(experiments.len());
        for (at, experiment) in experiments.iter().enumerate() {
            prepared.push(
                self.prepare_pressures(experiment, origin)
                    .map_err(|error| (at, error))?,
            );
        }
        let started = Begun(self.put_on_table(experiments, &prepared, origin, environment)?);
        let started = &started.0;
        // The guards come first: whatever happens from here on, nothing runs without one.
        let guards = started
            .iter()
            .map(|(running, _)| ExperimentGuard::new(Arc::clone(running), Arc::downgrade(self)))
            .collect();
        for (running, unmatched) in started {
            self.tell_of_start(running);
            if let Some(event) = unmatched {
                self.services().journal.record(event.clone());
            }
        }
        for (at, ((running, _), prepared)) in started.iter().zip(prepared).enumerate() {
            let begun = self.ask_probes(running).map_err(Error::NoGuardian);
            begun
                .and_then(|()| {
                    let begun = running.begin_pressures(prepared);
                    begun.map_err(|source| pressure_error(running.name(), source))
                })
                .map_err(|error| {
                    for (running, _) in started {
                        running.close(EndReason::Aborted(error.to_string()));
                    }
                    self.sweep();
                    (at, error)
                })?;
        }
        Ok(guards)
    }

    /// Refuses experiments that must not start.
    fn check(
        &self,
        experiments: &[Experiment],
        origin: Origin,
        environment: Environment,
    ) -> Result<(), (usize, Error)> {
        let control = self.control();
        let mut names = BTreeSet::new();
        for (at, experiment) in experiments.iter().enumerate() {
            let checked = if compiled_in().is_none() {
                let experiment = experiment.name().to_owned();
                Err(Error::CompiledOut { experiment })
            } else if names.insert(experiment.name()) {
                refuse(&control, self.services(), experiment, origin, environment).map(drop)
            } else {
                let experiment = experiment.name().to_owned();
                Err(Error::AlreadyRunning { experiment })
            };
            checked.map_err(|error| (at, error))?;
        }
        Ok(())
    }

    /// Finds out whether there is room for what an experiment takes, under no lock: disks may be slow.
    fn prepare_pressures(
        &self,
        experiment: &Experiment,
        origin: Origin,
    ) -> Result<Vec<PreparedPressure>, Error> {
        let reaches_here = experiment
            .radius()
            .is_some_and(|radius| self.services().reach(experiment.name(), radius) == Reach::Here);
        if !origin.presses() || !reaches_here {
            return Ok(Vec::new());
        }
        pressing::prepare(experiment, self.services())
            .map_err(|source| pressure_error(experiment.name(), source))
    }

    /// Puts all of them on the table, or none, if nothing speaks against them by now.
    fn put_on_table(
        self: &Arc<Self>,
        experiments: Vec<Experiment>,
        prepared: &[Vec<PreparedPressure>],
        origin: Origin,
        environment: Environment,
    ) -> Result<Vec<Started>, (usize, Error)> {
        let mut control = self.control();
        let mut checked = Vec::with_capacity(experiments.len());
        for (at, experiment) in experiments.into_iter().enumerate() {
            checked.push(
                self.prepare(&control, experiment, origin, environment)
                    .map_err(|error| (at, error))?,
            );
        }
        let mut started = Vec::with_capacity(checked.len());
        for ((running, watches), prepared) in checked.into_iter().zip(prepared) {
            running.expect_pressures(prepared);
            let (sought, unmatched) = control.seek(&running);
            let kept = Kept {
                running: Arc::clone(&running),
                watches,
                sought,
            };
            control.running.insert(Arc::clone(running.name()), kept);
            started.push((running, unmatched));
        }
        let all: Vec<_> = started.iter().map(|(running, _)| running).collect();
        control.refresh(&all);
        Ok(started)
    }

    /// Checks an experiment and has the guardian watch over it; nothing is decided by it yet.
    fn prepare(
        self: &Arc<Self>,
        control: &Control,
        experiment: Experiment,
        origin: Origin,
        environment: Environment,
    ) -> Result<(Arc<Running>, Vec<Watch>), Error> {
        let Some(compiled_in) = compiled_in() else {
            return Err(Error::CompiledOut {
                experiment: experiment.name().to_owned(),
            });
        };
        let radius = refuse(control, self.services(), &experiment, origin, environment)?;
        let mode = match origin {
            #[cfg(feature = "explore")]
            Origin::Exploration => Mode::Placed,
            _ if experiment.is_dry_run() => Mode::DryRun,
            _ => self.mode,
        };
        let running = Running::new(
            experiment,
            environment,
            radius,
            mode,
            Arc::clone(self.services()),
            Arc::downgrade(self),
            compiled_in,
        );
        let watches = self.watches(&running).map_err(Error::NoGuardian)?;
        Ok((running, watches))
    }

    fn ask_probes(&self, running: &Arc<Running>) -> std::io::Result<()> {
        for judge in running.judges() {
            if let Criterion::Probe(name) = judge.condition().criterion()
                && let Some(probe) = self.services().probes.get(name)
            {
                probe
                    .clone()
                    .ask_until_end(Arc::clone(running), Arc::clone(judge))?;
            }
        }
        Ok(())
    }

    fn watches(self: &Arc<Self>, running: &Arc<Running>) -> std::io::Result<Vec<Watch>> {
        let now = Instant::now();
        let limit = running.time_left(delay::now());
        let mut watches = Vec::with_capacity(2);
        watches.push(guardian::watch(
            now + limit,
            Arc::new(Limit {
                running: Arc::clone(running),
                manager: Arc::downgrade(self),
            }),
        )?);
        if !running.judges().is_empty() {
            let every = self.services().check_every;
            watches.push(guardian::watch(
                now + every,
                Arc::new(Judging {
                    running: Arc::clone(running),
                    every,
                }),
            )?);
        }
        Ok(watches)
    }

    /// A name that no running experiment has, made from a wish.
    fn free_name(&self, wish: &str) -> String {
        let control = self.control();
        let mut name = wish.to_owned();
        let mut number = 2_u32;
        while control
            .running
            .get(name.as_str())
            .is_some_and(|kept| kept.running.gate().is_open())
        {
            name = format!("{wish} #{number}");
            number += 1;
        }
        name
    }

    fn tell_of_start(&self, running: &Running) {
        let environment = running.environment();
        let experiment = running.experiment();
        metrics::started();
        self.services().journal.record(Event::Started {
            experiment: experiment.name().to_owned(),
            owner: experiment.owned_by().map(str::to_owned),
            why: experiment.why().map(str::to_owned),
            risk: experiment.risk(environment),
            level: running.radius().level(),
            environment,
            consent: experiment
                .given_consent()
                .map(|consent| consent.reason().to_owned()),
            seed: self.services().seed,
            dry_run: running.is_dry_run(),
        });
    }

    pub(super) fn tell_of_refusal(&self, experiment: &str, error: &Error) {
        metrics::refused();
        self.services().journal.record(Event::Refused {
            experiment: experiment.to_owned(),
            why: error.to_string(),
        });
    }

    /// The environment that an experiment is judged by.
    pub(super) fn environment(&self, origin: Origin) -> Environment {
        self.services().environment.unwrap_or(match origin {
            Origin::Code => self.services().unstated,
            Origin::File => Environment::Production,
            #[cfg(feature = "explore")]
            Origin::Exploration => Environment::Test,
        })
    }
}

fn pressure_error(experiment: &str, source: PressureError) -> Error {
    Error::Pressure {
        experiment: experiment.to_owned(),
        source,
    }
}
