//! Drives a relay in front of a service that has no API.

use std::net::SocketAddr;
use std::time::Duration;

use chaos_core::journal::JournalPage;
use chaos_core::{
    ChaosManager, Experiment, ExperimentStatus, FaultKind, Overview, SiteKind, SiteOutcomes,
    SiteStatus,
};
use chaos_net::ChaosRelay;
use tokio::net::TcpStream;

use super::{Control, ControlError, LocalControl};
use crate::load::BaseUrl;
use crate::scenario::Target;

/// The service of the only site, which experiments select by `streams_to: target`.
const SERVICE: &str = "target";

/// Drives a relay in front of a service that has no API; its faults strike connections, in this process.
///
/// Dropping it ends its experiments, and closes the relay with all its connections.
#[derive(Debug)]
pub struct RelayControl {
    local: LocalControl,
    relay: ChaosRelay,
}

impl RelayControl {
    /// Opens a relay to a target that can be reached, as a site of this manager.
    ///
    /// # Errors
    ///
    /// When the target has no plain HTTP, or can't be reached, or no port is free.
    pub async fn open(chaos: &ChaosManager, target: &Target) -> Result<Self, ControlError> {
        let address = BaseUrl::parse(&target.url)?.address();
        let unreachable = |error: std::io::Error| ControlError::Unreachable {
            address: address.clone(),
            problem: error.to_string(),
        };
        // A relay accepts connections whether its target does or not.
        drop(TcpStream::connect(&address).await.map_err(unreachable)?);
        let relay = ChaosRelay::to(&address).listen(chaos, SERVICE).await;
        Ok(Self {
            local: LocalControl::new(chaos),
            relay: relay.map_err(unreachable)?,
        })
    }

    /// The address that the load is sent to, in place of that of the target.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.relay.addr()
    }

    /// The target, with load and probes through the relay.
    ///
    /// Each request then has a connection of its own, so that a rate is a share of requests, too.
    #[must_use]
    pub fn target(&self, target: &Target) -> Target {
        Target {
            relay: Some(self.address()),
            ..target.clone()
        }
    }
}

/// Refuses what would strike the lab in place of the target, or nothing at all.
fn refuse(experiments: &[Experiment]) -> Result<(), ControlError> {
    for experiment in experiments {
        let name = experiment.name();
        let kinds = experiment.faults().iter().map(chaos_core::Fault::kind);
        let of_process = |kind: &FaultKind| {
            matches!(
                kind,
                FaultKind::Crash | FaultKind::Exhaust | FaultKind::Panic
            )
        };
        if let Some(kind) = kinds.into_iter().find(of_process) {
            return Err(ControlError::Refused(format!(
                "`{name}` injects {kind}, which a relay in front of the target can't: it needs the API of chaos-admin in the target"
            )));
        }
        let radius = experiment.radius();
        if let Some(radius) = radius.filter(|radius| !radius.selects(SERVICE, SiteKind::Stream)) {
            return Err(ControlError::Refused(format!(
                "`{name}` strikes {radius}, but a relay in front of the target has only `streams_to: {SERVICE}`: other sites need the API of chaos-admin in the target"
            )));
        }
    }
    Ok(())
}

impl Control for RelayControl {
    async fn describe(&self) -> Result<Overview, ControlError> {
        self.local.describe().await
    }

    async fn status(&self) -> Result<Vec<ExperimentStatus>, ControlError> {
        self.local.status().await
    }

    async fn sites(&self) -> Result<Vec<SiteStatus>, ControlError> {
        self.local.sites().await
    }

    async fn since(&self, number: u64) -> Result<JournalPage, ControlError> {
        self.local.since(number).await
    }

    async fn outcomes(&self) -> Result<Vec<SiteOutcomes>, ControlError> {
        self.local.outcomes().await
    }

    async fn check(&self, experiments: &[Experiment], lease: Duration) -> Result<(), ControlError> {
        refuse(experiments)?;
        self.local.check(experiments, lease).await
    }

    async fn start(
        &self,
        experiments: &[Experiment],
        lease: Duration,
        why: &str,
    ) -> Result<(), ControlError> {
        refuse(experiments)?;
        self.local.start(experiments, lease, why).await
    }

    async fn renew(&self, name: &str) -> Result<(), ControlError> {
        self.local.renew(name).await
    }

    async fn stop(&self, name: &str, why: &str) -> Result<(), ControlError> {
        self.local.stop(name, why).await
    }

    async fn halt(&self, why: &str) -> Result<(), ControlError> {
        self.local.halt(why).await
    }
}
