//! A run: baseline, fault, recovery and cooldown, each step of which goes into the record.

mod abort;
mod crash;
mod error;
mod outcomes;
mod posted;
mod preflight;
mod probe;
mod probing;
mod running;
mod steady;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use abort::AbortConditions;
use chaos_core::Recoveries;
use crash::Presence;
pub use error::RunError;
use jiff::Timestamp;
use outcomes::OwnOutcomes;
use posted::ToPost;
pub use preflight::check_health;
use probe::Probe;
use running::{LEASE, LOOK, Running, ticks};
use steady::Steadiness;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use crate::control::Control;
use crate::load::Load;
use crate::record::{
    Line, Opened, ProbeSample, RECORD_VERSION, RecordEntry, RecordWriter, RuleSample,
};
use crate::scenario::{Scenario, Target};

/// A scenario that is about to be run.
#[must_use = "nothing happens until it is run"]
pub struct Run<'a, C> {
    scenario: &'a Scenario,
    control: &'a C,
    target: &'a Target,
    closures: Vec<Arc<Probe>>,
    recoveries: Recoveries,
    watch: Box<dyn FnMut(&Line) + Send + 'a>,
}

impl<'a, C: Control> Run<'a, C> {
    /// A run of a scenario on the target that `control` drives.
    pub fn new(scenario: &'a Scenario, control: &'a C, target: &'a Target) -> Self {
        Self {
            scenario,
            control,
            target,
            closures: Vec::new(),
            recoveries: Recoveries::default(),
            watch: Box::new(|_| {}),
        }
    }

    /// Adds a probe to the steady state, which is code of the caller; `Err` says what is wrong.
    ///
    /// It must not block, and a look that takes longer than a second has failed.
    pub fn probed_by<F, L>(mut self, name: impl Into<String>, look: F) -> Self
    where
        F: Fn() -> L + Send + Sync + 'static,
        L: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.closures.push(Probe::of_closure(name.into(), look));
        self
    }

    /// Adds the recoveries of earlier runs to those that it posts to the target.
    pub fn recovered_before(mut self, recoveries: Recoveries) -> Self {
        self.recoveries = recoveries;
        self
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
    /// When the target is not free or not steady, when its policy refuses the experiments, when an alert is firing, or when
    /// the run can't be recorded. A run that was given up is no error; its record says why.
    pub async fn record(
        self,
        record: &mut RecordWriter,
        stop: impl Future<Output = String>,
    ) -> Result<(), RunError> {
        let mut steady_state = Probe::of_plans(&self.scenario.steady_state, self.target)?;
        steady_state.extend(self.closures.iter().cloned());
        let rules = Probe::of_plans(&self.scenario.business_rules, self.target)?;
        let target = preflight::check(
            self.scenario,
            self.control,
            self.target,
            record,
            steady_state.iter().chain(&rules),
        )
        .await?;
        let opened = Opened {
            version: RECORD_VERSION,
            started: Some(Timestamp::now()),
            scenario: self.scenario.clone(),
            target,
        };
        let start = Instant::now();
        let (sender, entries) = unbounded_channel();
        let load = self.load(start, sender.clone())?;
        let mut tasks = JoinSet::new();
        probing::start(&mut tasks, &steady_state, &sender, |probe, looked| {
            RecordEntry::Probe(ProbeSample::of(probe, looked))
        });
        probing::start(&mut tasks, &rules, &sender, |rule, looked| {
            RecordEntry::Rule(RuleSample::of(rule, looked))
        });
        tasks.spawn(probing::watch_clock(sender));
        let mut running = Running {
            scenario: self.scenario,
            control: self.control,
            record,
            watch: self.watch,
            start,
            entries,
            next: opened.target.journal_next,
            outcomes: OwnOutcomes::default(),
            to_post: ToPost::of(self.scenario, self.recoveries),
            look: ticks(LOOK),
            renewal: ticks(LEASE / 3),
            second: ticks(Duration::from_secs(1)),
            presence: Presence::of(opened.clone()),
            steadiness: Steadiness::new(&self.scenario.objectives.limits()),
            abort: AbortConditions::default(),
            is_started: false,
            has_reached: false,
        };
        running.write(RecordEntry::Opened(Box::new(opened)))?;
        let result = running.run(stop).await;
        drop(load);
        result
    }

    fn load(
        &self,
        start: Instant,
        entries: UnboundedSender<RecordEntry>,
    ) -> Result<Option<Load>, RunError> {
        let samples = move |sample| {
            // A run that has ended needs no sample.
            let _ = entries.send(RecordEntry::Sample(sample));
        };
        let load = self.scenario.load.as_ref();
        let load = load.map(|plan| Load::start(plan, self.target, "run", start, samples));
        Ok(load.transpose()?)
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
