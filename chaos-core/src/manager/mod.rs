//! The manager, which holds running experiments and gives every site its plan.

#[cfg(feature = "inject")]
mod active;
#[cfg(feature = "inject")]
mod approving;
#[cfg(feature = "inject")]
mod builder;
#[cfg(not(feature = "inject"))]
mod builder_off;
#[cfg(feature = "inject")]
mod duties;
#[cfg(feature = "inject")]
mod ending;
#[cfg(feature = "inject")]
mod experiments;
#[cfg(feature = "inject")]
mod explain;
#[cfg(feature = "inject")]
mod file_watch;
#[cfg(feature = "inject")]
mod from_env;
#[cfg(feature = "inject")]
mod guard;
#[cfg(not(feature = "inject"))]
mod guard_off;
mod guards;
#[cfg(feature = "inject")]
mod halt_file;
#[cfg(feature = "inject")]
mod handle;
#[cfg(not(feature = "inject"))]
mod handle_off;
#[cfg(feature = "inject")]
mod housekeeping;
#[cfg(feature = "inject")]
mod inner;
#[cfg(feature = "inject")]
mod matching;
#[cfg(feature = "inject")]
mod outcome_watch;
#[cfg(feature = "inject")]
mod planning;
#[cfg(feature = "inject")]
mod probe;
mod process_wide;
#[cfg(feature = "inject")]
mod refusal;
mod reporting;
#[cfg(feature = "inject")]
mod settings;
#[cfg(feature = "inject")]
mod settling;
#[cfg(feature = "inject")]
mod sites;
#[cfg(feature = "inject")]
mod start_policy;
#[cfg(feature = "inject")]
mod start_request;
#[cfg(feature = "inject")]
mod starting;
#[cfg(feature = "inject")]
mod status;
mod steering;
#[cfg(feature = "inject")]
mod table;
#[cfg(feature = "inject")]
mod variables;
#[cfg(feature = "inject")]
mod waiting;
#[cfg(feature = "inject")]
mod watching;

#[cfg(all(test, feature = "inject"))]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

#[cfg(feature = "inject")]
pub use builder::ChaosManagerBuilder;
#[cfg(not(feature = "inject"))]
pub use builder_off::ChaosManagerBuilder;
#[cfg(feature = "inject")]
pub use file_watch::FileWatch;
#[cfg(feature = "inject")]
pub use guard::ExperimentGuard;
#[cfg(not(feature = "inject"))]
pub use guard_off::ExperimentGuard;
pub use guards::ExperimentGuards;
#[cfg(feature = "inject")]
use handle::Handle;
#[cfg(not(feature = "inject"))]
use handle_off::Handle;
#[cfg(not(feature = "inject"))]
use handle_off::StartRequest;
#[cfg(not(feature = "inject"))]
pub use handle_off::{FileWatch, OutcomeWatch};
#[cfg(feature = "inject")]
pub use outcome_watch::OutcomeWatch;
pub use process_wide::process_wide;
#[cfg(feature = "inject")]
use start_request::StartRequest;
pub use steering::Steering;

use crate::site::Support;
use crate::{Actor, BlastRadius, Error, Experiment, ExperimentFile, Fault, Site, SiteKind};

/// Holds running experiments and decides what they do; cheap to clone, without global state.
///
/// Each test creates its own manager, so tests run in parallel. Dropping the last clone ends all its experiments, and
/// waits up to a second until the journal's sinks have taken their entries.
///
/// ```
/// # use chaos_core::{BlastRadius, ChaosManager, Failure, Fault};
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let chaos = ChaosManager::new();
/// let pms = chaos.site("pms");
///
/// let down = chaos.inject(BlastRadius::points_at("pms"), Fault::error(Failure::Unavailable))?;
/// assert!(pms.point("reserve").await.is_err());
/// assert_eq!(down.injected(), 1);
///
/// drop(down);
/// assert!(pms.point("reserve").await.is_ok());
/// # Ok::<(), chaos_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ChaosManager(Arc<Handle>);

impl ChaosManager {
    /// Creates a manager with a fixed seed and no experiments, so that tests don't flake.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Starts to build a manager with your choice of seed, environment, protected services and journal sinks.
    pub fn builder() -> ChaosManagerBuilder {
        ChaosManagerBuilder::default()
    }

    /// Registers a site for your own code; the same name gives the same site.
    pub fn site(&self, service: &str) -> Site {
        self.register(SiteKind::Point, service, Support::CALLS)
    }

    /// Registers a site for an adapter that can apply the faults in `support`.
    ///
    /// The same service and kind give the same site, so this may be called for every connection.
    pub fn register(&self, kind: SiteKind, service: &str, support: Support) -> Site {
        Site::new(self.0.register(kind, service, support))
    }

    /// Starts an experiment that injects one fault within a blast radius until the guard is dropped.
    ///
    /// # Errors
    ///
    /// The same as those of [`start`](Self::start).
    pub fn inject(
        &self,
        blast_radius: BlastRadius,
        fault: Fault,
    ) -> Result<ExperimentGuard, Error> {
        self.inject_permitted(blast_radius, fault, |experiment| experiment)
    }

    /// Like [`inject`](Self::inject), for a fault that also affects operations outside the blast radius.
    ///
    /// `hold_connections`, `hold_lock` and `server_sleep` do, and [`inject`](Self::inject) refuses them.
    ///
    /// # Errors
    ///
    /// The same as those of [`start`](Self::start).
    pub fn inject_with_collateral(
        &self,
        blast_radius: BlastRadius,
        fault: Fault,
    ) -> Result<ExperimentGuard, Error> {
        self.inject_permitted(blast_radius, fault, Experiment::allow_collateral)
    }

    fn inject_permitted(
        &self,
        blast_radius: BlastRadius,
        fault: Fault,
        permit: fn(Experiment) -> Experiment,
    ) -> Result<ExperimentGuard, Error> {
        let preferred_name = format!("{}: {blast_radius}", fault.kind());
        self.0.start_under_free_name(&preferred_name, move |name| {
            permit(
                Experiment::new(name)
                    .fault(fault.clone())
                    .blast_radius(blast_radius.clone()),
            )
        })
    }

    /// Starts an experiment that strikes only where the [witness](ChaosManagerBuilder::witness) chooses.
    ///
    /// # Errors
    ///
    /// The same as those of [`start`](Self::start).
    #[cfg(feature = "inject")]
    pub fn place(
        &self,
        experiment: Experiment,
    ) -> Result<(ExperimentGuard, crate::adapter::PlacedExperiment), Error> {
        self.0.place(experiment)
    }

    /// Starts an experiment.
    ///
    /// # Errors
    ///
    /// When injection is compiled out, halted or switched off; when the experiment is invalid, needs consent, names a
    /// protected service or is already running; when the [`Policy`](crate::Policy) does not allow it; when it matches sites but none can
    /// apply it; when a condition has no site to judge. The refusal is journalled, and running experiments continue unchanged.
    pub fn start(&self, experiment: Experiment) -> Result<ExperimentGuard, Error> {
        let mut guards = self
            .0
            .start(vec![experiment], &StartRequest::by(Actor::Code))?;
        Ok(guards.remove(0))
    }

    /// Starts all experiments of a file, or none of them.
    ///
    /// If no environment is set, it counts as production here. Dropping the guards ends the experiments, so a service
    /// keeps them or [detaches](ExperimentGuards::detach) them.
    ///
    /// # Errors
    ///
    /// The same as those of [`start`](Self::start), for the first experiment that is refused.
    pub fn start_file(&self, file: ExperimentFile) -> Result<ExperimentGuards, Error> {
        let request = StartRequest::file(&file);
        let guards = self.0.start(file.into_experiments(), &request)?;
        Ok(ExperimentGuards::new(guards))
    }

    /// Steers on behalf of an actor: what it starts, stops, halts and resumes is journalled under its name.
    ///
    /// Without this, everything is done by [`Actor::Code`].
    pub fn on_behalf_of(&self, actor: Actor) -> Steering {
        Steering::new(Arc::clone(&self.0), actor)
    }

    /// Renews the lease of a running experiment for its whole length, and returns that.
    ///
    /// # Errors
    ///
    /// [`Error::NotRunning`] when no experiment of that name is running, or its lease has run out; [`Error::NoLease`] when
    /// it was started without a [lease](Steering::lease).
    pub fn renew(&self, name: &str) -> Result<Duration, Error> {
        self.0.renew(name)
    }

    /// Starts the experiments of a file, and starts and stops experiments whenever the file changes.
    ///
    /// The path may also be a directory, such as a mounted `ConfigMap`: it stands for all its files of experiments, and
    /// links are followed. Experiments that have not changed continue. A file that can't be read, or an experiment that is
    /// refused, changes nothing, and the journal says why. No file is the same as one without experiments.
    ///
    /// # Errors
    ///
    /// When the file is invalid now, or one of its experiments is refused.
    ///
    /// ```no_run
    /// # use chaos_core::ChaosManager;
    /// let chaos = ChaosManager::from_env()?;
    /// let _watch = chaos.watch_file("/etc/chaos/")?;
    /// # Ok::<(), chaos_core::Error>(())
    /// ```
    pub fn watch_file(&self, path: impl AsRef<Path>) -> Result<FileWatch, Error> {
        self.0.watch_file(path.as_ref())
    }

    /// Stops a running experiment by name.
    ///
    /// # Errors
    ///
    /// [`Error::NotRunning`] when no experiment of that name is running.
    pub fn stop(&self, name: &str) -> Result<(), Error> {
        self.0.stop(name, Actor::Code.into())
    }

    /// Ends every experiment and refuses new ones.
    ///
    /// This returns immediately. From then on, nothing new is injected, and held operations continue with their real
    /// call; [`halted`](Self::halted) returns once everything is given back. Neither a stalled log reader nor an undo
    /// that hangs delays it. [`resume`](Self::resume) lifts it.
    pub fn halt(&self) {
        self.0.halt(Actor::Code.into());
    }

    /// Returns once everything is halted and given back: no fault affects an operation and every undo has run.
    ///
    /// A held operation leaves its fault when it is polled; one that is kept and never polled again prevents this from
    /// returning. Without a halt, this waits for one. A [`resume`](Self::resume) in the meantime also makes it return.
    pub async fn halted(&self) {
        self.0.halted().await;
    }

    /// Allows new experiments after a halt; the halted ones stay ended.
    ///
    /// A halt by a [halt file](ChaosManagerBuilder::halt_file) lasts until that file is removed.
    pub fn resume(&self) {
        self.0.resume(Actor::Code.into());
    }

    /// The wall-clock time, skewed by running [`clock_ahead`](crate::Pressure::clock_ahead) or
    /// [`clock_behind`](crate::Pressure::clock_behind) pressures.
    ///
    /// Use it wherever a skewed clock should have an effect; without such a pressure, it equals [`SystemTime::now`].
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.0.now()
    }

    /// Starts a manager from environment variables; without any, nothing is armed.
    ///
    /// [`ChaosManagerBuilder::from_env`] combines them with protected services, probes and journal sinks.
    ///
    /// | variable | meaning |
    /// |---|---|
    /// | `CHAOS` | `on` (default) or `off`: refuses every experiment |
    /// | `CHAOS_FILE` | experiments to start, in YAML, TOML or JSON |
    /// | `CHAOS_WATCH` | a file of experiments, or a directory of such files, that is [watched](Self::watch_file) |
    /// | `CHAOS_SEED` | the seed of all draws; defaults to a random one |
    /// | `CHAOS_ENVIRONMENT` | `development`, `test`, `staging` or `production`; without it, every experiment needs [consent to production](Experiment::consent_to_production) |
    /// | `CHAOS_INSTANCE` | this instance's name, for shares of instances; defaults to `$HOSTNAME` and the process id |
    /// | `CHAOS_HALT_FILE` | a file whose existence halts everything |
    /// | `CHAOS_POLICY` | the [`Policy`](crate::Policy) file: which experiments may start, and when; one that asks for approvals needs an [`approval_verifier`](ChaosManagerBuilder::approval_verifier) |
    ///
    /// An experiment of the file waits while its conditions have no site to judge. One that matches no site yet runs,
    /// and the log reports which sites it selects and when one registers; a site with a similar name is a warning. In a
    /// build without injection, a leftover file is a warning, and every other variable is ignored. Unknown variables are
    /// ignored too, with a warning for a name that is similar to one of these, such as `CHAOS_ENVIROMENT`.
    ///
    /// # Errors
    ///
    /// When a variable is invalid, or a file can't be read completely; then nothing is started. Outside the windows of the
    /// policy, the experiments of the file are refused, but the manager is built.
    pub fn from_env() -> Result<Self, Error> {
        Self::builder().from_env().try_build()
    }
}

impl Default for ChaosManager {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for ChaosManager {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChaosManager")
            .field("seed", &self.seed())
            .field("experiments", &self.status())
            .finish_non_exhaustive()
    }
}
