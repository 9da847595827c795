//! The setup of a connection: faults on operations `connect` and `accept`.

use std::io;

use chaos_core::adapter::{Observation, Outcome};
use chaos_core::{Failure, InjectedFault, Phase};

use crate::connection_draws::{ConnectionDraws, DelayedSite};
use crate::socket::Socket;

/// The setup of one connection.
#[derive(Debug)]
pub(crate) struct ConnectionSetup {
    draws: ConnectionDraws,
    operation: &'static str,
    observation: Option<Observation>,
}

impl ConnectionSetup {
    pub(crate) fn new(site: &DelayedSite, operation: &'static str) -> Self {
        Self {
            observation: site.site.observe(),
            draws: ConnectionDraws::new(site),
            operation,
        }
    }

    /// Names the connection by a key in place of its number, if there is one.
    pub(crate) fn keyed(mut self, key: Option<String>) -> Self {
        self.draws.key = key;
        self
    }

    /// Applies the faults of a phase.
    pub(crate) async fn apply(&mut self, phase: Phase) -> Result<(), InjectedFault> {
        let mut decision = self.draws.decide(self.operation, phase);
        let applied = decision.apply(phase).await;
        if decision.is_applied()
            && let Some(observation) = &mut self.observation
        {
            observation.treated();
        }
        applied
    }

    /// Runs `connecting` between the faults of phases `Before` and `After`.
    pub(crate) async fn connect<T: Socket>(
        &mut self,
        connecting: impl Future<Output = io::Result<T>>,
    ) -> io::Result<T> {
        self.apply(Phase::Before).await?;
        let socket = connecting.await?;
        match self.apply(Phase::After).await {
            Ok(()) => Ok(socket),
            Err(fault) => Err(reject(&socket, fault)),
        }
    }

    /// Applies the faults of both phases to a connection that a listener accepted.
    pub(crate) async fn accept<T: Socket>(&mut self, socket: T) -> io::Result<T> {
        for phase in [Phase::Before, Phase::After] {
            if let Err(fault) = self.apply(phase).await {
                return Err(reject(&socket, fault));
            }
        }
        Ok(socket)
    }

    /// Reports the outcome, and returns the draws for the connection's bytes.
    pub(crate) fn finish<T>(self, result: &io::Result<T>) -> ConnectionDraws {
        if let Some(observation) = self.observation {
            observation.finish(match result {
                Ok(_) => Outcome::Success,
                Err(_) => Outcome::Failure,
            });
        }
        self.draws
    }
}

/// Prepares a socket that is about to be closed: if the fault is a reset or a refusal, the close resets it.
fn reject<T: Socket>(socket: &T, fault: InjectedFault) -> io::Error {
    if matches!(fault.failure(), Failure::Reset | Failure::Refused) {
        // A socket that cannot be reset is closed as usual.
        let _ = socket.reset_on_close();
    }
    fault.into()
}
