//! The manager: holds running experiments and gives every site its plan.

mod builder;
mod control;
mod ending;
mod environment;
mod explain;
mod inner;
mod process_wide;
mod refusal;
mod seeking;
mod starting;
mod status;
mod waiting;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::SystemTime;

pub use builder::ChaosManagerBuilder;
pub use explain::{Answer, Explanation, WhyNot};
pub(crate) use inner::Inner;
use inner::Origin;
pub use process_wide::process_wide;
pub use status::{ExperimentState, ExperimentStatus, SiteStatus};

use crate::journal::JournalEntry;
use crate::{
    BlastRadius, Error, Experiment, ExperimentFile, ExperimentGuard, Fault, Site, SiteKind, Support,
};

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

    pub(crate) fn from_inner(inner: Arc<Inner>) -> Self {
        Self(inner)
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

    /// Starts an experiment that strikes where an exploration says.
    #[cfg(feature = "explore")]
    pub(crate) fn place(&self, experiment: Experiment) -> Result<ExperimentGuard, Error> {
        let mut guards = self.0.start(vec![experiment], Origin::Exploration)?;
        Ok(guards.remove(0))
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
        self.0.services().seed
    }

    /// The time on the wall, as wrong as a running [`clock_ahead`](crate::Pressure::clock_ahead) or
    /// [`clock_behind`](crate::Pressure::clock_behind) makes it.
    ///
    /// Ask it wherever a wrong clock is to be felt; without such an experiment it is [`SystemTime::now`].
    #[must_use]
    pub fn now(&self) -> SystemTime {
        let skews = &self.0.services().skews;
        if skews.is_skewed() {
            self.0.end_overdue();
        }
        skews.now()
    }

    /// The latest journal entries, oldest first.
    #[must_use]
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.0.services().journal.entries()
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
