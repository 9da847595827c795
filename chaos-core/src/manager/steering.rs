//! Starts, stops, halts and resumes on behalf of an actor.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::ExperimentGuards;
#[cfg(feature = "inject")]
use super::handle::Handle;
#[cfg(not(feature = "inject"))]
use super::handle_off::{Handle, Replaces, StartRequest};
#[cfg(feature = "inject")]
use super::start_request::{Replaces, StartRequest};
use crate::policy::{ApprovalText, Approver};
use crate::setters::setters;
use crate::{Actor, Attribution, Error, Experiment};

/// Starts, stops, halts and resumes on behalf of an actor, which the journal names.
///
/// ```
/// # use chaos_core::{Actor, BlastRadius, ChaosManager, Consent, Experiment, Fault, Role};
/// # use std::time::Duration;
/// let chaos = ChaosManager::new();
/// let anna = Actor::Remote { name: "anna".to_owned(), role: Role::Operator };
/// let slow = Experiment::new("slow")
///     .fault(Fault::latency(Duration::from_secs(2)))
///     .blast_radius(BlastRadius::calls_to("payments"))
///     .consent_to_production(Consent::by("anna")?);
///
/// let steering = chaos.on_behalf_of(anna).because("game day").lease(Duration::from_secs(30));
/// let guards = steering.start(vec![slow])?;
/// chaos.renew("slow")?; // from time to time, or the experiment ends by itself
/// steering.stop("slow")?;
/// assert_eq!(guards[0].ended().unwrap().to_string(), "it was stopped by anna (operator): game day");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use = "it does nothing until one of its methods is called"]
pub struct Steering {
    handle: Arc<Handle>,
    attribution: Attribution,
    lease: Option<Duration>,
    approvals: Arc<[String]>,
}

impl Steering {
    pub(super) fn new(handle: Arc<Handle>, actor: Actor) -> Self {
        Self {
            handle,
            attribution: actor.into(),
            lease: None,
            approvals: Arc::default(),
        }
    }

    /// Gives the reason, which the journal records.
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.attribution.because = Some(why.into());
        self
    }

    /// Sends approvals along with starts, of which each that a [policy](crate::Policy) asks for must be one.
    ///
    /// Approvals of other experiments do no harm.
    pub fn approved_by<T: Into<String>>(mut self, approvals: impl IntoIterator<Item = T>) -> Self {
        self.approvals = approvals.into_iter().map(Into::into).collect();
        self
    }

    setters! {
        /// Starts experiments under a lease: unless it is [renewed](crate::ChaosManager::renew) within this time, they end.
        ///
        /// It runs on the system's clock, even where a test has paused the runtime's. The time limit applies as well. A
        /// start by [`Actor::Remote`] always has one, which defaults to 10 s.
        pub fn lease(length: Duration) = Some(length);
    }

    /// Checks whether all these experiments could start together now, without starting any.
    ///
    /// # Errors
    ///
    /// The same as those of [`start`](Self::start). Nothing is journalled.
    pub fn check(&self, experiments: &[Experiment]) -> Result<(), Error> {
        self.handle.could_start(experiments, &self.request())
    }

    /// Returns the text that an approver has to sign before an experiment may start, if it needs an approval.
    ///
    /// The signature and the text together are the approval, for [`approved_by`](Self::approved_by).
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for an invalid experiment; [`Error::Policy`] when nothing verifies approvals.
    pub fn approval_text(
        &self,
        experiment: &Experiment,
        consent: &str,
    ) -> Result<Option<ApprovalText>, Error> {
        self.handle
            .approval_text(experiment, consent, &self.request())
    }

    /// Returns the approver that has signed an approval of an experiment, if it needs an approval.
    ///
    /// It need not suffice for a start: a higher role may be needed, or its period of notice may not be over.
    ///
    /// # Errors
    ///
    /// [`Error::Policy`] when no approver has signed it, or nothing verifies approvals.
    pub fn signer(
        &self,
        experiment: &Experiment,
        approval: &str,
    ) -> Result<Option<Approver>, Error> {
        self.handle.signer(experiment, approval, &self.request())
    }

    /// Starts all these experiments, or none of them.
    ///
    /// A start by [`Actor::Remote`] or [`Actor::File`] counts as one in production, unless the environment is stated.
    ///
    /// # Errors
    ///
    /// The same as those of [`ChaosManager::start`](crate::ChaosManager::start), for the first experiment that is refused.
    pub fn start(&self, experiments: Vec<Experiment>) -> Result<ExperimentGuards, Error> {
        let guards = self.handle.start(experiments, &self.request())?;
        Ok(ExperimentGuards::new(guards))
    }

    /// Replaces the running experiment with this [id](crate::ExperimentStatus::id) by another one of the same name.
    ///
    /// If the other one is refused, the running one continues unchanged.
    ///
    /// # Errors
    ///
    /// [`Error::Superseded`] when no experiment with that id and name is running; otherwise the same as those of
    /// [`start`](Self::start). If only its pressures or probes fail to begin, the replaced experiment has ended.
    pub fn replace(&self, id: u64, experiment: Experiment) -> Result<ExperimentGuards, Error> {
        let request = self.request().replacing(Replaces::Exactly(id));
        let guards = self.handle.start(vec![experiment], &request)?;
        Ok(ExperimentGuards::new(guards))
    }

    /// Stops a running experiment by name.
    ///
    /// # Errors
    ///
    /// [`Error::NotRunning`] when no experiment of that name is running.
    pub fn stop(&self, name: &str) -> Result<(), Error> {
        self.handle.stop(name, self.attribution.clone())
    }

    /// Ends every experiment and refuses new ones, as [`ChaosManager::halt`](crate::ChaosManager::halt) does.
    pub fn halt(&self) {
        self.handle.halt(self.attribution.clone());
    }

    /// Allows new experiments after a halt, as [`ChaosManager::resume`](crate::ChaosManager::resume) does.
    pub fn resume(&self) {
        self.handle.resume(self.attribution.clone());
    }

    fn request(&self) -> StartRequest {
        StartRequest::new(self.attribution.clone(), self.lease)
            .approved_by(Arc::clone(&self.approvals))
    }
}

impl fmt::Debug for Steering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Steering")
            .field("attribution", &self.attribution)
            .field("lease", &self.lease)
            .finish_non_exhaustive()
    }
}
