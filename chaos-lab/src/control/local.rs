//! Drives a manager in this process.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use chaos_core::journal::JournalPage;
use chaos_core::{
    Actor, ChaosManager, Error, Experiment, ExperimentGuard, ExperimentStatus, OutcomeWatch,
    Overview, Role, SiteOutcomes, SiteStatus,
};

use super::{Control, ControlError};

/// Drives a manager in this process.
#[derive(Debug)]
pub struct LocalControl {
    chaos: ChaosManager,
    guards: Mutex<HashMap<String, ExperimentGuard>>,
    outcomes: OnceLock<OutcomeWatch>,
    fits: fn(&Experiment) -> Result<(), ControlError>,
    approvals: Vec<String>,
}

impl LocalControl {
    /// Drives a manager.
    #[must_use]
    pub fn new(chaos: &ChaosManager) -> Self {
        Self {
            chaos: chaos.clone(),
            guards: Mutex::default(),
            outcomes: OnceLock::new(),
            fits: |_| Ok(()),
            approvals: Vec::new(),
        }
    }

    /// Sends approvals along with every start.
    #[must_use]
    pub fn approved_by(self, approvals: &[String]) -> Self {
        let approvals = approvals.to_vec();
        Self { approvals, ..self }
    }

    /// Refuses experiments that do not fit, beside those that the manager refuses.
    #[cfg(feature = "relay")]
    pub(super) fn refusing(mut self, fits: fn(&Experiment) -> Result<(), ControlError>) -> Self {
        self.fits = fits;
        self
    }

    fn guards(&self) -> MutexGuard<'_, HashMap<String, ExperimentGuard>> {
        self.guards.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn steering(&self, why: &str) -> chaos_core::Steering {
        let lab = Actor::Remote {
            name: "chaos-lab".to_owned(),
            role: Role::Operator,
        };
        let steering = self.chaos.on_behalf_of(lab).because(why);
        steering.approved_by(&self.approvals)
    }
}

impl Control for LocalControl {
    async fn describe(&self) -> Result<Overview, ControlError> {
        Ok(self.chaos.overview())
    }

    async fn sites(&self) -> Result<Vec<SiteStatus>, ControlError> {
        Ok(self.chaos.sites())
    }

    async fn status(&self) -> Result<Vec<ExperimentStatus>, ControlError> {
        Ok(self.chaos.status())
    }

    async fn since(&self, number: u64) -> Result<JournalPage, ControlError> {
        Ok(self.chaos.journal_since(number))
    }

    async fn outcomes(&self) -> Result<Vec<SiteOutcomes>, ControlError> {
        let watch = self.outcomes.get_or_init(|| self.chaos.watch_outcomes());
        Ok(watch.outcomes())
    }

    async fn check(&self, experiments: &[Experiment], lease: Duration) -> Result<(), ControlError> {
        experiments.iter().try_for_each(self.fits)?;
        Ok(self.steering("").lease(lease).check(experiments)?)
    }

    async fn start(
        &self,
        experiments: &[Experiment],
        lease: Duration,
        why: &str,
    ) -> Result<(), ControlError> {
        experiments.iter().try_for_each(self.fits)?;
        let steering = self.steering(why).lease(lease);
        let started = steering.start(experiments.to_vec())?.into_iter();
        let named = started.map(|guard| (guard.name().to_owned(), guard));
        self.guards().extend(named);
        Ok(())
    }

    async fn renew(&self, name: &str) -> Result<(), ControlError> {
        self.chaos.renew(name)?;
        Ok(())
    }

    async fn stop(&self, name: &str, why: &str) -> Result<(), ControlError> {
        let stopped = self.steering(why).stop(name);
        let guard = self.guards().remove(name);
        if let Some(guard) = guard {
            guard.end().await;
        }
        match stopped {
            Ok(()) | Err(Error::NotRunning { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn halt(&self, why: &str) -> Result<(), ControlError> {
        self.steering(why).halt();
        Ok(())
    }
}
