//! A run: baseline, fault, recovery and cooldown, each step of which goes into the record.

mod abort;
mod probing;
mod steady;

use std::fmt;
use std::future::Future;
use std::io;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant as Deadline, Interval, MissedTickBehavior, interval, sleep_until};

use abort::AbortConditions;
use probing::Probing;
use steady::Steadiness;

use crate::control::{Control, ControlError};
use crate::load::{Load, Sample, StartLoadError};
use crate::record::{Line, Opened, RECORD_VERSION, RecordEntry, RecordWriter};
use crate::scenario::{Scenario, Stage, Target};

/// The time between two looks at the target: its journal and its health.
const LOOK: Duration = Duration::from_millis(250);

/// The lease that experiments run under; it is renewed each third of it.
const LEASE: Duration = Duration::from_secs(6);

/// A scenario that is about to be run.
#[must_use = "nothing happens until it is run"]
pub struct Run<'a, C> {
    scenario: &'a Scenario,
    control: &'a C,
    target: &'a Target,
    watch: Box<dyn FnMut(&Line) + Send + 'a>,
}

/// A run could not begin, or could not be recorded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The target can't be driven.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The load can't be sent.
    #[error(transparent)]
    Load(#[from] StartLoadError),
    /// Something else runs on the target.
    #[error("the target is not free: {0}")]
    NotFree(String),
    /// The record can't be written; the experiments were stopped.
    #[error("the record can't be written: {0}")]
    Record(#[from] io::Error),
}

impl<'a, C: Control> Run<'a, C> {
    /// A run of a scenario on the target that `control` drives.
    pub fn new(scenario: &'a Scenario, control: &'a C, target: &'a Target) -> Self {
        Self {
            scenario,
            control,
            target,
            watch: Box::new(|_| {}),
        }
    }

    /// Shows each line of the record to `watch` as it is written.
    pub fn watched_by(mut self, watch: impl FnMut(&Line) + Send + 'a) -> Self {
        self.watch = Box::new(watch);
        self
    }

    /// Runs the scenario, and records each step; `stop` ends it early, with its reason.
    ///
    /// # Errors
    ///
    /// When the target is not free, or the run can't be recorded. A run that was given up is no error; its record says why.
    pub async fn record(
        self,
        record: &mut RecordWriter,
        stop: impl Future<Output = String>,
    ) -> Result<(), RunError> {
        let target = self.control.describe().await?;
        if let Some(running) = target.running.first() {
            return Err(RunError::NotFree(format!("`{running}` is running")));
        }
        if let Some(halt) = target.halts.first() {
            return Err(RunError::NotFree(format!("halted by {}", halt.attribution)));
        }
        let next = target.journal_next;
        let start = Instant::now();
        let (samples, load) = self.load(start)?;
        let probing =
            Probing::start(&self.scenario.steady_state, &self.target.url).map_err(StartLoadError::from)?;
        let mut running = Running {
            scenario: self.scenario,
            control: self.control,
            record,
            watch: self.watch,
            start,
            samples,
            probing,
            next,
            look: ticks(LOOK),
            renewal: ticks(LEASE / 3),
            second: ticks(Duration::from_secs(1)),
            steadiness: Steadiness::new(&self.scenario.objectives.limits()),
            abort: AbortConditions::of(self.scenario),
        };
        running.write(RecordEntry::Opened(Box::new(Opened {
            version: RECORD_VERSION,
            scenario: self.scenario.clone(),
            target,
        })))?;
        let ended = {
            tokio::pin!(stop);
            tokio::select! {
                ended = running.stages() => ended,
                why = &mut stop => Err(Stop::Aborted(why)),
            }
        };
        let result = running.end(ended).await;
        drop(load);
        result
    }

    fn load(&self, start: Instant) -> Result<(UnboundedReceiver<Sample>, Option<Load>), RunError> {
        let (sender, samples) = unbounded_channel();
        let load = self.scenario.load.as_ref();
        let load = load.map(|plan| Load::start(plan, &self.target.url, "run", start, sender));
        Ok((samples, load.transpose()?))
    }
}

impl<C> fmt::Debug for Run<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("scenario", &self.scenario.name)
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

fn ticks(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Why a run does not go on.
enum Stop {
    Aborted(String),
    Record(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Record(error)
    }
}

impl From<ControlError> for Stop {
    fn from(error: ControlError) -> Self {
        Self::Aborted(error.to_string())
    }
}

struct Running<'a, C> {
    scenario: &'a Scenario,
    control: &'a C,
    record: &'a mut RecordWriter,
    watch: Box<dyn FnMut(&Line) + Send + 'a>,
    start: Instant,
    samples: UnboundedReceiver<Sample>,
    probing: Probing,
    /// The number of the next journal entry to read.
    next: u64,
    look: Interval,
    renewal: Interval,
    second: Interval,
    steadiness: Steadiness,
    abort: AbortConditions,
}

impl<C: Control> Running<'_, C> {
    async fn stages(&mut self) -> Result<(), Stop> {
        let stages = &self.scenario.stages;
        self.stage(Stage::Baseline, stages.baseline.0).await?;
        let experiments = &self.scenario.experiments;
        self.control.start(experiments, LEASE, &self.why()).await?;
        self.stage(Stage::Inject, stages.inject.0).await?;
        let reached = self.control.status().await?;
        let ours = reached.into_iter().filter(|status| {
            experiments
                .iter()
                .any(|experiment| experiment.name() == status.name)
        });
        self.write(RecordEntry::Reached(ours.collect()))?;
        self.stop().await?;
        self.stage(Stage::Recover, stages.recover.0).await?;
        self.stage(Stage::Cooldown, stages.cooldown.0).await
    }

    /// Takes in what is measured until the stage is over.
    async fn stage(&mut self, stage: Stage, length: Duration) -> Result<(), Stop> {
        self.write(RecordEntry::Stage(stage))?;
        let end = Deadline::now() + length;
        self.steadiness.restart();
        loop {
            tokio::select! {
                Some(sample) = self.samples.recv() => {
                    self.steadiness.request(&sample);
                    if stage == Stage::Inject {
                        self.abort.request(&sample);
                    }
                    self.write(RecordEntry::Sample(sample))?;
                }
                Some(sample) = self.probing.samples.recv() => {
                    self.steadiness.probe(&sample);
                    if stage == Stage::Inject {
                        self.abort.probe(&sample);
                    }
                    self.write(RecordEntry::Probe(sample))?;
                }
                _ = self.look.tick() => self.read_journal().await?,
                _ = self.renewal.tick(), if stage == Stage::Inject => self.renew().await?,
                _ = self.second.tick() => {
                    self.steadiness.end_second();
                    if stage == Stage::Inject {
                        self.abort.begin_second().map_or(Ok(()), |why| Err(Stop::Aborted(why)))?;
                    }
                    if stage == Stage::Recover && self.steadiness.is_steady() {
                        return Ok(());
                    }
                }
                () = sleep_until(end) => return Ok(()),
            }
        }
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
        // What can't be stopped ends with its lease.
        let _ = self.stop().await;
        match ended {
            Ok(()) => {}
            Err(Stop::Aborted(why)) => self.write(RecordEntry::Aborted { why })?,
            Err(Stop::Record(error)) => return Err(error.into()),
        }
        match self.read_journal().await {
            Ok(()) | Err(Stop::Aborted(_)) => {}
            Err(Stop::Record(error)) => return Err(error.into()),
        }
        Ok(self.write(RecordEntry::Closed)?)
    }

    fn why(&self) -> String {
        let why = self.scenario.why.as_ref();
        why.unwrap_or(&self.scenario.name).clone()
    }

    fn write(&mut self, entry: RecordEntry) -> io::Result<()> {
        let line = Line::new(self.start.elapsed(), entry);
        self.record.append(&line)?;
        (self.watch)(&line);
        Ok(())
    }
}
