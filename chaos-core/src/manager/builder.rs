//! Making a manager.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};
use std::time::Duration;

use tokio::sync::Notify;

use super::ChaosManager;
use super::control::Order;
use super::inner::Inner;
use crate::compiled::compiled_in;
#[cfg(feature = "explore")]
use crate::explore::Exploring;
use crate::journal::{Journal, JournalSink, Log};
use crate::judge::Probe;
use crate::pressure::ClockSkews;
use crate::running::Mode;
use crate::services::Services;
use crate::{Environment, Error, Experiment, OperationGlob};

/// Makes a [`ChaosManager`].
///
/// ```
/// # use chaos_core::{ChaosManager, Environment};
/// let chaos = ChaosManager::builder()
///     .seed(7)
///     .environment(Environment::Staging)
///     .protect("auth")
///     .build();
/// assert_eq!(chaos.seed(), 7);
/// ```
#[must_use = "a builder does nothing until it is built"]
pub struct ChaosManagerBuilder {
    seed: u64,
    environment: Option<Environment>,
    unstated: Environment,
    instance: Option<String>,
    protected: Vec<String>,
    exempt: Vec<OperationGlob>,
    probes: BTreeMap<String, Probe>,
    sinks: Vec<Arc<dyn JournalSink>>,
    journal_bound: usize,
    check_every: Duration,
    halt_file: Option<PathBuf>,
    mode: Mode,
    order: Order,
    experiments: Vec<Experiment>,
    #[cfg(feature = "explore")]
    exploring: Option<Exploring>,
}

impl Default for ChaosManagerBuilder {
    fn default() -> Self {
        Self {
            seed: Self::FIXED_SEED,
            environment: None,
            unstated: Environment::Test,
            instance: None,
            protected: Vec::new(),
            exempt: Self::EXEMPT
                .iter()
                .filter_map(|glob| OperationGlob::new(glob).ok())
                .collect(),
            probes: BTreeMap::new(),
            sinks: vec![Arc::new(Log)],
            journal_bound: 1024,
            check_every: Self::CHECK_EVERY,
            halt_file: None,
            mode: Mode::Live,
            order: Order::Go,
            experiments: Vec::new(),
            #[cfg(feature = "explore")]
            exploring: None,
        }
    }
}

impl ChaosManagerBuilder {
    const FIXED_SEED: u64 = 0;
    const CHECK_EVERY: Duration = Duration::from_millis(250);

    /// Server operations that are hit only by an experiment that names them: an orchestrator acts on their answers.
    const EXEMPT: [&'static str; 10] = [
        "* */health",
        "* /health/*",
        "* */healthz",
        "* */livez",
        "* */liveness",
        "* */ready",
        "* */readyz",
        "* */readiness",
        "* */metrics",
        "* /grpc.health.v1.Health/*",
    ];

    /// Has an exploration meet every operation.
    #[cfg(feature = "explore")]
    pub(crate) fn explored(mut self, exploring: Exploring) -> Self {
        self.exploring = Some(exploring);
        self
    }

    /// Sets the seed of all draws.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// States the environment; in [`Environment::Production`] every experiment needs consent.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = Some(environment);
        self
    }

    /// Names this instance of the service, so that a share of instances is always the same share.
    pub fn instance(mut self, instance: impl Into<String>) -> Self {
        self.instance = Some(instance.into());
        self
    }

    /// Protects a service: no experiment ever hits it.
    pub fn protect(mut self, service: impl Into<String>) -> Self {
        self.protected.push(service.into());
        self
    }

    /// Exempts server operations, beside health, readiness and metrics routes, unless an experiment names them.
    pub fn exempt(mut self, operations: OperationGlob) -> Self {
        self.exempt.push(operations);
        self
    }

    /// Registers a probe that conditions can ask by name; it runs on a thread and a runtime of its own.
    pub fn probe<F, E>(
        mut self,
        name: impl Into<String>,
        ask: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: std::fmt::Display,
    {
        self.probes.insert(name.into(), Probe::new(ask));
        self
    }

    /// Sends the journal to one more place; it is always logged, and kept in memory.
    pub fn journal_to(mut self, sink: impl JournalSink + 'static) -> Self {
        self.sinks.push(Arc::new(sink));
        self
    }

    /// Sets how many journal entries are kept in memory: 1024 unless said.
    pub fn keep_entries(mut self, bound: usize) -> Self {
        self.journal_bound = bound;
        self
    }

    /// Sets how often conditions are looked at: every 250 ms unless said.
    pub fn check_conditions_every(mut self, period: Duration) -> Self {
        // A period of nothing would keep the guardian from ever waiting, a day is as good as never.
        self.check_every = period.clamp(Duration::from_millis(1), Duration::from_secs(86_400));
        self
    }

    /// Halts the manager when this file comes to exist, even while every worker of the runtime is blocked.
    pub fn halt_file(mut self, path: impl AsRef<Path>) -> Self {
        self.halt_file = Some(path.as_ref().to_owned());
        self
    }

    /// Only decides and journals; applies nothing.
    pub fn dry_run(mut self) -> Self {
        self.mode = Mode::DryRun;
        self
    }

    /// Refuses every experiment.
    pub(super) fn switched_off(mut self) -> Self {
        self.order = Order::SwitchedOff;
        self
    }

    /// What an environment that nobody states counts as.
    pub(super) fn unstated_environment(mut self, environment: Environment) -> Self {
        self.unstated = environment;
        self
    }

    /// Experiments to start with, each as soon as its conditions have something to judge.
    pub(super) fn experiments(mut self, experiments: Vec<Experiment>) -> Self {
        self.experiments = experiments;
        self
    }

    /// Makes the manager.
    ///
    /// # Panics
    ///
    /// When a halt file is asked for and the guardian thread, which has to watch it, can't be started;
    /// [`try_build`](Self::try_build) says so instead.
    #[must_use]
    pub fn build(self) -> ChaosManager {
        match self.try_build() {
            Ok(manager) => manager,
            Err(error) => panic!("{error}"),
        }
    }

    /// Makes the manager, unless its halt file can't be watched.
    ///
    /// # Errors
    ///
    /// [`Error::NoGuardian`] when the thread that watches the halt file can't be started.
    pub fn try_build(self) -> Result<ChaosManager, Error> {
        announce();
        let services = Services {
            seed: self.seed,
            environment: self.environment,
            unstated: self.unstated,
            instance: self
                .instance
                .unwrap_or_else(|| std::process::id().to_string()),
            protected: self.protected,
            exempt: self.exempt.into(),
            probes: self.probes,
            check_every: self.check_every,
            journal: Journal::new(self.journal_bound, self.sinks),
            quiet: Notify::new(),
            skews: Arc::<ClockSkews>::default(),
            #[cfg(feature = "explore")]
            exploring: self.exploring,
        };
        let inner = Inner::new(services, self.mode, self.order);
        if let Some(path) = self.halt_file {
            inner.watch_halt_file(path)?;
        }
        inner.start_when_ready(self.experiments)?;
        Ok(ChaosManager::from_inner(inner))
    }
}

impl std::fmt::Debug for ChaosManagerBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChaosManagerBuilder")
            .field("seed", &self.seed)
            .field("environment", &self.environment)
            .field("protected", &self.protected)
            .finish_non_exhaustive()
    }
}

/// Says once in the log that this build can inject faults.
fn announce() {
    static ONCE: Once = Once::new();
    if compiled_in().is_some() {
        ONCE.call_once(|| {
            tracing::warn!("fault injection is compiled into this build; nothing is injected until an experiment starts");
        });
    }
}
