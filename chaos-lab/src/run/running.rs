//! A run that goes on: its stages, and what is measured in them.

use std::future::Future;
use std::io;
use std::time::{Duration, Instant};

use chaos_core::Experiment;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{
    Instant as Deadline, Interval, MissedTickBehavior, interval, sleep_until, timeout,
};

use super::RunError;
use super::abort::AbortConditions;
use super::crash::Presence;
use super::outcomes::OwnOutcomes;
use super::posted::ToPost;
use super::steady::Steadiness;
use crate::control::{Control, ControlError};
use crate::record::{Line, RecordEntry, RecordWriter};
use crate::scenario::{Scenario, Stage};

/// The time between two looks at the target's journal.
pub(super) const LOOK: Duration = Duration::from_millis(250);

/// The lease that experiments run under; it is renewed each third of it.
pub(super) const LEASE: Duration = Duration::from_secs(6);

/// Why a run does not go on.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stop {
    #[error("{0}")]
    Aborted(String),
    #[error(transparent)]
    Control(#[from] ControlError),
    #[error(transparent)]
    Record(#[from] io::Error),
}

/// Ticks, of which those that were missed are not made up for.
pub(super) fn ticks(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// The lease of experiments, which must not be longer than they run.
pub(super) fn lease(experiments: &[Experiment]) -> Duration {
    let limits = experiments.iter().map(Experiment::runs_for);
    limits.fold(LEASE, Duration::min)
}

/// A run that goes on.
pub(super) struct Running<'a, C> {
    pub(super) scenario: &'a Scenario,
    pub(super) control: &'a C,
    pub(super) record: &'a mut RecordWriter,
    pub(super) watch: Box<dyn FnMut(&Line) + Send + 'a>,
    pub(super) start: Instant,
    /// What load, probes and clock find.
    pub(super) entries: UnboundedReceiver<RecordEntry>,
    /// The number of the next journal entry to read.
    pub(super) next: u64,
    pub(super) outcomes: OwnOutcomes,
    pub(super) to_post: ToPost,
    pub(super) look: Interval,
    pub(super) renewal: Interval,
    pub(super) second: Interval,
    pub(super) steadiness: Steadiness,
    pub(super) abort: AbortConditions,
    pub(super) presence: Presence,
    /// Whether experiments of this run may be running.
    pub(super) is_started: bool,
    /// Whether it is recorded how far they got.
    pub(super) has_reached: bool,
}

impl<C: Control> Running<'_, C> {
    /// Goes through the stages; `stop` ends them early, with its reason.
    pub(super) async fn run(&mut self, stop: impl Future<Output = String>) -> Result<(), RunError> {
        let ended = {
            tokio::pin!(stop);
            tokio::select! {
                ended = self.stages() => ended,
                why = &mut stop => Err(Stop::Aborted(why)),
            }
        };
        self.end(ended).await
    }

    async fn stages(&mut self) -> Result<(), Stop> {
        let stages = &self.scenario.stages;
        self.stage(Stage::Baseline, stages.baseline.0).await?;
        if let Some(failed) = self.steadiness.failing() {
            let (count, of) = (failed.count(), failed.of());
            let why = format!("{count} of {of} requests failed before the fault");
            return Err(Stop::Aborted(why));
        }
        let started = self.start().await.map_err(Stop::from);
        self.forgive(started)?;
        self.stage(Stage::Inject, stages.inject.0).await?;
        self.look_for_crash().await?;
        let reached = self.record_reached().await;
        self.forgive(reached)?;
        if !self.presence.has_crashed() {
            self.stop().await?;
        }
        self.stage(Stage::Recover, stages.recover.0).await?;
        self.to_post.end_recovery(self.steadiness.is_steady());
        self.post_readings().await;
        self.stage(Stage::Cooldown, stages.cooldown.0).await
    }

    async fn start(&mut self) -> Result<(), ControlError> {
        let experiments = &self.scenario.experiments;
        let lease = lease(experiments);
        self.is_started = true;
        let started = self.control.start(experiments, lease, &self.why()).await;
        if let Err(ControlError::Refused(_)) = started {
            // What runs by these names belongs to others.
            self.is_started = false;
        }
        started
    }

    /// Records how far the experiments got, once.
    async fn record_reached(&mut self) -> Result<(), Stop> {
        let mut reached = self.control.status().await?;
        let ours = self.scenario.experiments.iter().map(Experiment::name);
        let ours: Vec<_> = ours.collect();
        reached.retain(|status| ours.contains(&status.name.as_str()));
        self.write(RecordEntry::Reached(reached))?;
        self.has_reached = true;
        Ok(())
    }

    /// Takes in what is measured until the stage is over.
    async fn stage(&mut self, stage: Stage, length: Duration) -> Result<(), Stop> {
        self.write(RecordEntry::Stage(stage))?;
        // Without a fault, nothing can be gained by giving up.
        self.abort = match stage {
            Stage::Inject => AbortConditions::of(self.scenario),
            _ => AbortConditions::default(),
        };
        let end = Deadline::now() + length;
        self.steadiness.restart();
        loop {
            tokio::select! {
                Some(entry) = self.entries.recv() => self.write(entry)?,
                _ = self.look.tick() => {
                    self.look_for_crash().await?;
                    let read = self.read_journal().await;
                    self.forgive(read)?;
                }
                _ = self.renewal.tick(), if stage == Stage::Inject => {
                    let renewed = self.renew().await;
                    self.forgive(renewed)?;
                }
                _ = self.second.tick() => {
                    let read = self.read_outcomes().await;
                    self.forgive(read)?;
                    self.post_readings().await;
                    self.steadiness.end_second();
                    self.abort.begin_second().map_or(Ok(()), |why| Err(Stop::Aborted(why)))?;
                    if stage == Stage::Recover && self.steadiness.is_steady() {
                        return Ok(());
                    }
                }
                () = sleep_until(end) => return Ok(()),
            }
        }
    }

    /// Shows the target the business readings; one that does not take them must not hold up the run.
    async fn post_readings(&self) {
        if let Some(readings) = self.to_post.readings() {
            let _ = timeout(LOOK, self.control.post_readings(&readings)).await;
        }
    }

    /// Reads the target's own outcomes, if there is no load to judge it by.
    async fn read_outcomes(&mut self) -> Result<(), Stop> {
        if self.scenario.load.is_some() {
            return Ok(());
        }
        let sites = self.control.outcomes().await?;
        for sample in self.outcomes.new_seconds(&sites, self.start.elapsed()) {
            self.write(RecordEntry::Outcomes(sample))?;
        }
        Ok(())
    }

    async fn renew(&mut self) -> Result<(), Stop> {
        let running = self.control.describe().await?.running;
        for experiment in &self.scenario.experiments {
            // One that has ended by itself, such as by its own time limit, needs no lease.
            if running.iter().any(|name| name == experiment.name()) {
                self.control.renew(experiment.name()).await?;
            }
        }
        Ok(())
    }

    async fn stop(&mut self) -> Result<(), ControlError> {
        let why = self.why();
        for experiment in &self.scenario.experiments {
            self.control.stop(experiment.name(), &why).await?;
        }
        self.is_started = false;
        Ok(())
    }

    async fn read_journal(&mut self) -> Result<(), Stop> {
        loop {
            let page = self.control.since(self.next).await?;
            if page.is_empty() {
                return Ok(());
            }
            self.next = page.next;
            for item in page.items {
                self.write(RecordEntry::Journal(item))?;
            }
        }
    }

    /// Stops what still runs, and closes the record.
    async fn end(&mut self, ended: Result<(), Stop>) -> Result<(), RunError> {
        if self.is_started {
            // What can't be stopped ends with its lease.
            let _ = self.stop().await;
            if !self.has_reached
                && let Err(Stop::Record(error)) = self.record_reached().await
            {
                return Err(error.into());
            }
        }
        match ended {
            Ok(()) => {}
            Err(Stop::Record(error)) => return Err(error.into()),
            Err(stop) => {
                let why = stop.to_string();
                self.write(RecordEntry::Aborted { why })?;
            }
        }
        if let Err(Stop::Record(error)) = self.read_journal().await {
            return Err(error.into());
        }
        Ok(self.write(RecordEntry::Closed)?)
    }

    fn why(&self) -> String {
        let why = self.scenario.why.as_ref();
        why.unwrap_or(&self.scenario.name).clone()
    }

    pub(super) fn write(&mut self, entry: RecordEntry) -> io::Result<()> {
        self.steadiness.second.measure(&entry);
        self.abort.measure(&entry);
        self.to_post.measure(&entry);
        let line = Line::new(self.start.elapsed(), entry);
        self.record.append(&line)?;
        (self.watch)(&line);
        Ok(())
    }
}
