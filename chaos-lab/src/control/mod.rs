//! What a run drives: a manager in this process, a service behind its API, or a relay in front of one.

mod error;
mod local;
#[cfg(feature = "relay")]
mod relay;
mod remote;

use std::future::{Future, ready};
use std::time::Duration;

use chaos_core::journal::JournalPage;
use chaos_core::{Experiment, ExperimentStatus, Overview, Readings, SiteOutcomes, SiteStatus};

pub use error::ControlError;
pub use local::LocalControl;
#[cfg(feature = "relay")]
pub use relay::TargetRelay;
pub use remote::RemoteControl;

/// What a run drives. All it knows of its target goes through this.
pub trait Control: Send + Sync {
    /// The state of the target.
    fn describe(&self) -> impl Future<Output = Result<Overview, ControlError>> + Send;

    /// Its registered sites, and the faults that each can apply.
    fn sites(&self) -> impl Future<Output = Result<Vec<SiteStatus>, ControlError>> + Send;

    /// The state of its experiments.
    fn status(&self) -> impl Future<Output = Result<Vec<ExperimentStatus>, ControlError>> + Send;

    /// Its journal from a number on, as one page.
    fn since(&self, number: u64) -> impl Future<Output = Result<JournalPage, ControlError>> + Send;

    /// How the operations of the last minute ended at its sites; counted from the first call on.
    fn outcomes(&self) -> impl Future<Output = Result<Vec<SiteOutcomes>, ControlError>> + Send;

    /// Checks whether all experiments could start together now, as its policy and limits have it.
    fn check(
        &self,
        experiments: &[Experiment],
        lease: Duration,
    ) -> impl Future<Output = Result<(), ControlError>> + Send;

    /// Starts all experiments or none, each under a lease.
    fn start(
        &self,
        experiments: &[Experiment],
        lease: Duration,
        why: &str,
    ) -> impl Future<Output = Result<(), ControlError>> + Send;

    /// Renews the lease of an experiment.
    fn renew(&self, name: &str) -> impl Future<Output = Result<(), ControlError>> + Send;

    /// Stops an experiment; one that has already ended is no error.
    fn stop(&self, name: &str, why: &str) -> impl Future<Output = Result<(), ControlError>> + Send;

    /// Shows business readings to those who look at the target; a target that shows none ignores them.
    fn post_readings(
        &self,
        _readings: &Readings,
    ) -> impl Future<Output = Result<(), ControlError>> + Send {
        ready(Ok(()))
    }

    /// Halts everything.
    fn halt(&self, why: &str) -> impl Future<Output = Result<(), ControlError>> + Send;
}
