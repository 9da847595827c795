//! The builder of a manager.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};
use std::time::Duration;

use super::ChaosManager;
use super::handle::Handle;
use super::inner::Inner;
use super::probe::Probe;
use super::settings::Settings;
use super::start_policy::StartPolicy;
use super::variables::Variables;
use crate::journal::{Journal, JournalSink, Log};
use crate::policy::ApprovalVerifier;
use crate::running::Mode;
use crate::setters::setters;
use crate::site::Witness;
use crate::{Environment, Error, ExperimentFile, OperationGlob, Policy};

/// Builds a [`ChaosManager`].
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
    pub(super) seed: Option<u64>,
    pub(super) environment: Option<Environment>,
    /// The environment to assume if none is set.
    pub(super) unstated: Environment,
    pub(super) instance: Option<String>,
    protected: Vec<String>,
    exempt: Vec<OperationGlob>,
    probes: BTreeMap<String, Probe>,
    sinks: Vec<Arc<dyn JournalSink>>,
    journal_bound: usize,
    check_every: Duration,
    pub(super) halt_file: Option<PathBuf>,
    halt_file_grace: Duration,
    mode: Mode,
    pub(super) start_policy: StartPolicy,
    experiments: Option<ExperimentFile>,
    pub(super) watched_file: Option<PathBuf>,
    witness: Option<Arc<dyn Witness>>,
    pub(super) policy: Option<Policy>,
    approval_verifier: Option<Arc<dyn ApprovalVerifier>>,
    variables: Option<Variables>,
}

impl Default for ChaosManagerBuilder {
    fn default() -> Self {
        Self {
            seed: None,
            environment: None,
            unstated: Environment::Test,
            instance: None,
            protected: Vec::new(),
            exempt: Vec::new(),
            probes: BTreeMap::new(),
            sinks: vec![Arc::new(Log)],
            journal_bound: 1024,
            check_every: Self::CHECK_EVERY,
            halt_file: None,
            mode: Mode::Live,
            start_policy: StartPolicy::default(),
            halt_file_grace: Self::HALT_FILE_GRACE,
            experiments: None,
            watched_file: None,
            witness: None,
            policy: None,
            approval_verifier: None,
            variables: None,
        }
    }
}

impl ChaosManagerBuilder {
    const FIXED_SEED: u64 = 0;
    const CHECK_EVERY: Duration = Duration::from_millis(250);
    const HALT_FILE_GRACE: Duration = Duration::from_secs(5);

    setters! {
        /// Shows every operation to a witness; for crates that explore faults.
        pub fn witness(witness: Arc<dyn Witness>) = Some(witness);

        /// Sets the seed of all draws.
        pub fn seed(seed: u64) = Some(seed);

        /// Sets the environment; in [`Environment::Production`], every experiment needs
        /// [consent](crate::Experiment::consent_to_production).
        pub fn environment(environment: Environment) = Some(environment);

        /// Names this instance of the service, so that a share of instances is always the same share.
        pub fn instance(instance: impl Into<String>) = Some(instance.into());

        /// Sets the rules about which experiments may start; without a policy, there are none of its rules.
        ///
        /// The services that it protects absolutely are protected like those of [`protect`](Self::protect).
        pub fn policy(policy: Policy) = Some(policy);

        /// Sets what verifies approvals, such as `chaos_approval::SshVerifier`.
        ///
        /// Without it, a policy with [`approvals`](Policy::approvals) refuses all starts that need one.
        pub fn approval_verifier(verifier: impl ApprovalVerifier + 'static) = Some(Arc::new(verifier));
    }

    /// Protects a service from all experiments.
    pub fn protect(mut self, service: impl Into<String>) -> Self {
        self.protected.push(service.into());
        self
    }

    /// Exempts more server operations from experiments that do not name them, such as `* /admin/*`.
    ///
    /// An experiment names an operation if its blast radius has that name without a wildcard, as in
    /// `.operation("GET /health")`. Case and a trailing slash make no difference to what is exempt.
    ///
    /// # Health routes
    ///
    /// Orchestrators and monitoring systems act on the replies of some routes, so these are always exempt: every route
    /// with a segment that names only a health check, and every read (`GET`, `HEAD`, `OPTIONS` or no method) whose last
    /// segment may name one, if at most one other segment precedes it, not counting `-`, `actuator`, `api`, `internal`,
    /// `management` and versions such as `v1`.
    ///
    /// | segment | exempt | not exempt |
    /// |---|---|---|
    /// | `health`, `health-check`, `health_check`, `healthcheck`, `healthz`, `liveness`, `livez`, `readiness`, `readyz`, `startupz`, `grpc.health.v1.Health` | `/healthz/`, `/orders-service/actuator/health/db` | `/orders/healthy-food` |
    /// | `alive`, `healthy`, `heartbeat`, `live`, `metrics`, `ping`, `prometheus`, `ready`, `startup`, `status`, `up` | `/ping`, `/-/healthy`, `/orders-service/ready`, `/api/v1/status` | `/orders/7/status`, `/status/7`, `/statuses`, `POST /payments/status` |
    pub fn exempt(mut self, operations: OperationGlob) -> Self {
        self.exempt.push(operations);
        self
    }

    /// Registers a probe for conditions to use by name; it runs on a dedicated thread and runtime.
    ///
    /// A call that is not ready is dropped when its experiment ends. A call that blocks its thread can't be ended: until it
    /// returns, no other experiment with this probe can start.
    pub fn probe<F, E>(
        mut self,
        name: impl Into<String>,
        check: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: std::fmt::Display,
    {
        self.probes.insert(name.into(), Probe::new(check));
        self
    }

    /// Adds a sink for the journal, which is always logged and kept in memory as well.
    pub fn journal_to(mut self, sink: impl JournalSink + 'static) -> Self {
        self.sinks.push(Arc::new(sink));
        self
    }

    /// Sets how many injections the journal keeps in memory; defaults to 1024.
    ///
    /// Of all other events, the journal keeps the latest 1024, however many injections follow.
    pub fn keep_entries(mut self, bound: usize) -> Self {
        self.journal_bound = bound;
        self
    }

    /// Sets the interval at which conditions are checked; defaults to 250 ms.
    pub fn check_conditions_every(mut self, period: Duration) -> Self {
        // A period of zero would keep the guardian busy; more than a day is as good as never.
        self.check_every = period.clamp(Duration::from_millis(1), Duration::from_secs(86_400));
        self
    }

    setters! {
        /// Halts the manager while this file exists, even while every worker of the runtime is blocked.
        ///
        /// Removing the file allows new experiments, but restarts none. It does not lift a halt by
        /// [`halt`](ChaosManager::halt), and [`resume`](ChaosManager::resume) does not lift that of the file.
        pub fn halt_file(path: impl AsRef<Path>) = Some(path.as_ref().to_owned());

        /// Sets how long the halt file may be impossible to check before everything halts; defaults to 5 s.
        ///
        /// The check fails, for example, when the permissions of its directory change or its disk does not answer.
        pub fn halt_file_grace(grace: Duration) = grace;
    }

    /// Reads the environment variables of [`ChaosManager::from_env`] when the manager is built.
    ///
    /// A variable that is set wins over the same setting of the builder, wherever this call is in the chain, so that an
    /// operator can override what the program says. Where neither is set, the defaults are those of
    /// [`ChaosManager::from_env`]. A variable with a name similar to one of these is a warning.
    ///
    /// ```
    /// # use chaos_core::ChaosManager;
    /// let chaos = ChaosManager::builder().from_env().protect("auth").try_build()?;
    /// # Ok::<(), chaos_core::Error>(())
    /// ```
    pub fn from_env(self) -> Self {
        self.variables(Variables::of_process())
    }

    pub(super) fn variables(mut self, variables: Variables) -> Self {
        self.variables = Some(variables);
        self
    }

    /// Decides and journals, but applies nothing.
    pub fn dry_run(mut self) -> Self {
        self.mode = Mode::DryRun;
        self
    }

    /// Sets the experiments to start, each once there is a site for its conditions to judge.
    pub(super) fn experiments(mut self, experiments: ExperimentFile) -> Self {
        self.experiments = Some(experiments);
        self
    }

    /// Builds the manager.
    ///
    /// # Panics
    ///
    /// When a halt file is set and can't be watched, or a variable of [`from_env`](Self::from_env) is invalid;
    /// [`try_build`](Self::try_build) returns an error instead.
    #[must_use]
    pub fn build(self) -> ChaosManager {
        match self.try_build() {
            Ok(manager) => manager,
            Err(error) => panic!("{error}"),
        }
    }

    /// Builds the manager, or returns an error if its halt file or a variable does not allow it.
    ///
    /// # Errors
    ///
    /// With [`from_env`](Self::from_env), the same as those of [`ChaosManager::from_env`]; [`Error::File`] when the verifier
    /// can't use the key of an approver;
    /// [`Error::HaltFile`] when the halt file can't be checked or its directory does not exist;
    /// [`Error::NoGuardian`] when the thread that watches it can't be started.
    pub fn try_build(mut self) -> Result<ChaosManager, Error> {
        announce();
        if let Some(variables) = self.variables.take() {
            self = self.overridden_by(&variables)?;
        }
        let settings = Settings {
            seed: self.seed.unwrap_or(Self::FIXED_SEED),
            environment: self.environment,
            unstated: self.unstated,
            instance: self
                .instance
                .unwrap_or_else(|| std::process::id().to_string()),
            protected: self.protected,
            exempt: self.exempt.into(),
            probes: self.probes,
            check_every: self.check_every,
            witness: self.witness,
            policy: self.policy,
            approval_verifier: self.approval_verifier,
        };
        settings.check_keys()?;
        let journal = Journal::new(self.journal_bound, self.sinks);
        let inner = Inner::new(settings, journal, self.mode, self.start_policy);
        if let Some(path) = self.halt_file {
            inner.watch_halt_file(path, self.halt_file_grace)?;
        }
        let manager = ChaosManager(Arc::new(Handle(inner)));
        if let Some(experiments) = self.experiments {
            manager.0.start_when_ready(experiments)?;
        }
        if let Some(path) = self.watched_file {
            manager.0.watch_file(&path)?.detach();
        }
        Ok(manager)
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

/// Logs once that this build can inject faults.
fn announce() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::warn!("fault injection is compiled into this build; nothing is injected until an experiment starts");
    });
}
