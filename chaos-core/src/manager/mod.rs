//! The manager: holds running experiments and gives every site its plan.

#[cfg(feature = "inject")]
mod builder;
#[cfg(feature = "inject")]
mod duties;
#[cfg(feature = "inject")]
mod ending;
#[cfg(feature = "inject")]
mod explain;
#[cfg(feature = "inject")]
mod from_env;
#[cfg(feature = "inject")]
mod guard;
#[cfg(feature = "inject")]
mod housekeeping;
#[cfg(feature = "inject")]
mod inner;
#[cfg(feature = "inject")]
mod matching;
#[cfg(not(feature = "inject"))]
mod off;
#[cfg(feature = "inject")]
mod probe;
mod process_wide;
#[cfg(feature = "inject")]
mod refusal;
#[cfg(feature = "inject")]
mod settings;
#[cfg(feature = "inject")]
mod starting;
#[cfg(feature = "inject")]
mod status;
#[cfg(feature = "inject")]
mod table;
#[cfg(feature = "inject")]
mod waiting;

#[cfg(all(test, feature = "inject"))]
mod tests;

use std::sync::Arc;
use std::time::SystemTime;

#[cfg(feature = "inject")]
pub use builder::ChaosManagerBuilder;
#[cfg(feature = "inject")]
pub use guard::ExperimentGuard;
#[cfg(feature = "inject")]
use inner::{Inner, Origin};
#[cfg(not(feature = "inject"))]
pub use off::{ChaosManagerBuilder, ExperimentGuard};
#[cfg(not(feature = "inject"))]
use off::{Inner, Origin};
pub use process_wide::process_wide;

use crate::explain::Explanation;
use crate::journal::JournalEntry;
use crate::site::Support;
use crate::status::{ExperimentStatus, SiteStatus};
use crate::{BlastRadius, Error, Experiment, ExperimentFile, Fault, Operation, Site, SiteKind};

/// Holds running experiments and decides; cheap to clone, and nothing about it is global.
///
/// Every test makes its own, so tests run in parallel. When the last clone is dropped, all its experiments end.
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
pub struct ChaosManager(Arc<Inner>);

impl ChaosManager {
    /// A manager with a fixed seed and nothing running: tests that use it don't flake.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// A manager with a seed, an environment, protected services, journals of your choice.
    pub fn builder() -> ChaosManagerBuilder {
        ChaosManagerBuilder::default()
    }

    /// The site of your own code that asks under this name; the same name gives the same site.
    pub fn site(&self, service: &str) -> Site {
        self.register(SiteKind::Point, service, Support::CALLS)
    }

    /// Registers a site on behalf of an adapter, which says what it can apply.
    ///
    /// The same service and kind give the same site, so this may be called for every connection.
    pub fn register(&self, kind: SiteKind, service: &str, support: Support) -> Site {
        Site::new(self.0.register(kind, service, support))
    }

    /// Starts an experiment that injects one fault wherever the blast radius says, until the guard is dropped.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub fn inject(
        &self,
        blast_radius: BlastRadius,
        fault: Fault,
    ) -> Result<ExperimentGuard, Error> {
        let wish = format!("{}: {blast_radius}", fault.kind());
        self.0.start_under_free_name(&wish, move |name| {
            Experiment::new(name)
                .fault(fault.clone())
                .blast_radius(blast_radius.clone())
        })
    }

    /// Starts an experiment that strikes only where the [witness](ChaosManagerBuilder::witness) says.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
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
    /// When injection is compiled out, halted or switched off; when the experiment makes no sense, needs consent,
    /// names a protected service or runs already; when no site it matches can apply it, or none can be judged. The
    /// refusal is journalled, and what runs goes on unchanged.
    pub fn start(&self, experiment: Experiment) -> Result<ExperimentGuard, Error> {
        let mut guards = self.0.start(vec![experiment], Origin::Code)?;
        Ok(guards.remove(0))
    }

    /// Starts all experiments of a file, or none.
    ///
    /// An environment that nobody stated counts as production here.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start), for the first experiment that is refused.
    pub fn start_file(&self, file: ExperimentFile) -> Result<Vec<ExperimentGuard>, Error> {
        self.0.start(file.into_experiments(), Origin::File)
    }

    /// Stops a running experiment by name.
    ///
    /// # Errors
    ///
    /// [`Error::NotRunning`] when none of that name runs.
    pub fn stop(&self, name: &str) -> Result<(), Error> {
        self.0.stop(name)
    }

    /// Ends every experiment at once and keeps new ones from starting.
    ///
    /// It returns at once. From then on nothing new is injected, and what is held is released to its real call;
    /// [`halted`](Self::halted) says when all has been given back.
    pub fn halt(&self) {
        self.0.halt("a call of halt");
    }

    /// Returns once everything is halted and given back: no operation is treated any more, every undo has run.
    ///
    /// An operation that is held is let go by being polled: one that is kept and never polled again keeps this from
    /// returning. It waits for a halt if there is none yet, and returns when a [`resume`](Self::resume) comes in between.
    pub async fn halted(&self) {
        self.0.halted().await;
    }

    /// Allows new experiments to start; those that were halted stay ended.
    pub fn resume(&self) {
        self.0.resume();
    }

    /// The seed of all draws; a manager with the same seed repeats them.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.0.seed()
    }

    /// The time on the wall, as wrong as a running [`clock_ahead`](crate::Pressure::clock_ahead) or
    /// [`clock_behind`](crate::Pressure::clock_behind) makes it.
    ///
    /// Ask it wherever a wrong clock is to be felt; without such an experiment it is [`SystemTime::now`].
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.0.now()
    }

    /// The state of all experiments: recently ended, running and waiting.
    #[must_use]
    pub fn status(&self) -> Vec<ExperimentStatus> {
        self.0.status()
    }

    /// All registered sites, by name.
    #[must_use]
    pub fn sites(&self) -> Vec<SiteStatus> {
        self.0.sites()
    }

    /// Starts a manager from environment variables; without any, nothing is armed.
    ///
    /// | variable | what |
    /// |---|---|
    /// | `CHAOS` | `on` (default) or `off`: refuses every experiment |
    /// | `CHAOS_FILE` | experiments to start, in YAML, TOML or JSON |
    /// | `CHAOS_SEED` | the seed of all draws; a fresh one unless said |
    /// | `CHAOS_ENVIRONMENT` | `development`, `test`, `staging` or `production` (default: everything needs consent) |
    /// | `CHAOS_INSTANCE` | this instance's name, for shares of instances; `$HOSTNAME` and the process id unless said |
    /// | `CHAOS_HALT_FILE` | a file whose existence halts everything |
    ///
    /// An experiment of the file whose conditions have no site to judge yet waits until one registers. One that
    /// matches no site yet runs, and the log says what it waits for and what it finds; a site whose name is nearly
    /// the one that it names is a warning. In a build without injection a leftover file is a warning.
    ///
    /// # Errors
    ///
    /// When a variable makes no sense, or the file can't be read whole: then nothing is started.
    pub fn from_env() -> Result<Self, Error> {
        Inner::from_env().map(Self)
    }

    /// Says of each experiment whether an operation would be treated now, and what keeps it from that.
    ///
    /// It changes nothing: no cap, pattern or sequence moves. An operation without a [`Scope`](crate::Scope) is
    /// judged as the next in the site's sequence.
    ///
    /// ```
    /// # use chaos_core::{BlastRadius, ChaosManager, Fault};
    /// let chaos = ChaosManager::new();
    /// let _site = chaos.site("pms");
    /// let _guard = chaos.inject(BlastRadius::points_at("pms").operation("cancel"), Fault::Panic)?;
    /// let why = chaos.explain("pms", "reserve").to_string();
    /// assert!(why.contains("the operation does not match `cancel`"), "{why}");
    /// # Ok::<(), chaos_core::Error>(())
    /// ```
    #[must_use]
    pub fn explain<'a>(&self, service: &str, operation: impl Into<Operation<'a>>) -> Explanation {
        let operation = operation.into();
        Explanation {
            service: service.to_owned(),
            operation: operation.name().to_owned(),
            answers: self.0.answers(service, &operation),
        }
    }

    /// The latest journal entries, oldest first.
    #[must_use]
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.0.journal_entries()
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
