//! An experiment that runs as long as its lease is renewed.

use std::time::Duration;

use chaos_core::{Experiment, ExperimentState};
use chaos_lab::control::{Control, ControlError};
use tokio::time::sleep;

/// The lease.
pub(crate) const LEASE: Duration = Duration::from_secs(6);

/// How often it is renewed within its length.
const TRIES: u32 = 3;

/// An experiment that was started under a lease.
pub(crate) struct Leased<'c, C> {
    control: &'c C,
    name: String,
}

/// Why a lease is not renewed any more.
pub(crate) enum LeaseEnd {
    /// The experiment has ended.
    Ended,
    /// The target can't be asked.
    Lost(ControlError),
}

impl<'c, C: Control> Leased<'c, C> {
    pub(crate) async fn start(
        control: &'c C,
        experiment: &Experiment,
        why: &str,
    ) -> Result<Self, ControlError> {
        let lease = LEASE.min(experiment.runs_for());
        let experiments = std::slice::from_ref(experiment);
        control.start(experiments, lease, why).await?;
        Ok(Self {
            control,
            name: experiment.name().to_owned(),
        })
    }

    /// Renews the lease until the experiment ends; a target that does not answer is asked again until the lease is over.
    pub(crate) async fn renew(&mut self) -> LeaseEnd {
        let mut failed = 0;
        loop {
            sleep(LEASE / TRIES).await;
            failed = match self.renew_once().await {
                Ok(true) => 0,
                Ok(false) => return LeaseEnd::Ended,
                Err(error) if failed + 1 == TRIES => return LeaseEnd::Lost(error),
                Err(_) => failed + 1,
            };
        }
    }

    /// Renews the lease, unless the experiment has ended; returns whether it goes on.
    pub(crate) async fn renew_once(&mut self) -> Result<bool, ControlError> {
        let overview = self.control.describe().await?;
        let goes_on =
            overview.running.contains(&self.name) || overview.waiting.contains(&self.name);
        if goes_on {
            self.control.renew(&self.name).await?;
        }
        Ok(goes_on)
    }

    /// What ended the experiment on the target.
    pub(crate) async fn end_reason(&self) -> String {
        let all = self.control.status().await.unwrap_or_default();
        let ours = all.into_iter().filter(|status| status.name == self.name);
        match ours
            .max_by_key(|status| status.id)
            .map(|status| status.state)
        {
            Some(ExperimentState::Ended(reason)) => reason.to_string(),
            _ => "it ended on the target".to_owned(),
        }
    }

    pub(crate) async fn stop(self, why: &str) -> Result<(), ControlError> {
        self.control.stop(&self.name, why).await
    }
}
