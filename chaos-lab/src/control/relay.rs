//! A relay in front of a service that has no API.

use std::net::SocketAddr;

use chaos_core::{ChaosManager, Experiment, FaultKind, SiteKind};
use chaos_net::ChaosRelay;
use tokio::net::TcpStream;

use super::{ControlError, LocalControl};
use crate::load::{REQUEST_ID, Server};
use crate::scenario::Target;

/// The service of the only site, which experiments select by `streams_to: target`.
const SERVICE: &str = "target";

/// A relay in front of a service that has no API: faults strike connections to it, in this process.
///
/// Dropping it ends its experiments, and closes the relay with all its connections.
#[derive(Debug)]
pub struct TargetRelay {
    control: LocalControl,
    relay: ChaosRelay,
}

impl TargetRelay {
    /// Opens a relay to a target that can be reached, as a site of this manager; approvals come with every start.
    ///
    /// # Errors
    ///
    /// When the target has no plain HTTP, or can't be reached, or no port is free.
    pub async fn open(
        chaos: &ChaosManager,
        target: &Target,
        approvals: &[String],
    ) -> Result<Self, ControlError> {
        let address = Server::parse(&target.url)?.address();
        let unreachable =
            |error: std::io::Error| ControlError::Unreachable(address.clone(), error.to_string());
        // A relay accepts connections whether its target does or not.
        drop(TcpStream::connect(&address).await.map_err(unreachable)?);
        let relay = ChaosRelay::to(&address).keyed_by(request_id);
        let relay = relay.listen(chaos, SERVICE).await.map_err(unreachable)?;
        let control = LocalControl::new(chaos)
            .approved_by(approvals)
            .refusing(fits);
        Ok(Self { control, relay })
    }

    /// What drives the relay.
    #[must_use]
    pub fn control(&self) -> &LocalControl {
        &self.control
    }

    /// The address that load and probes are sent to.
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
fn fits(experiment: &Experiment) -> Result<(), ControlError> {
    const NEEDED: &str = "it needs the API of chaos-admin in the target";
    let name = experiment.name();
    let mut kinds = experiment.faults().iter().map(chaos_core::Fault::kind);
    let of_process = [FaultKind::Crash, FaultKind::Exhaust, FaultKind::Panic];
    if let Some(kind) = kinds.find(|kind| of_process.contains(kind)) {
        return Err(ControlError::Refused(format!(
            "`{name}` injects {kind}, which a relay in front of the target can't: {NEEDED}"
        )));
    }
    match experiment.radius() {
        Some(radius) if !radius.selects(SERVICE, SiteKind::Stream) => {
            Err(ControlError::Refused(format!(
                "`{name}` strikes {radius}, but a relay in front of the target has only `streams_to: {SERVICE}`: {NEEDED}"
            )))
        }
        _ => Ok(()),
    }
}

/// The id of the request with which a connection begins.
fn request_id(first: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(first);
    let mut headers = text.lines().take_while(|line| !line.is_empty());
    headers.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_id = name.eq_ignore_ascii_case(REQUEST_ID);
        is_id.then(|| value.trim().to_owned())
    })
}
