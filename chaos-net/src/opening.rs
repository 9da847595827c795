//! A connection before it is one: what is decided about its opening.

use std::io;

use chaos_core::adapter::{Observation, Outcome};
use chaos_core::{InjectedFault, Phase, Site};

use crate::connection::Connection;

/// The opening of one connection.
#[derive(Debug)]
pub(crate) struct Opening {
    connection: Connection,
    operation: &'static str,
    observation: Option<Observation>,
}

impl Opening {
    pub(crate) fn new(site: &Site, operation: &'static str) -> Self {
        Self {
            observation: site.observe(),
            connection: Connection::new(site.clone()),
            operation,
        }
    }

    /// Applies what is due at a phase.
    pub(crate) async fn apply(&mut self, phase: Phase) -> Result<(), InjectedFault> {
        let mut decision = self.connection.decide(self.operation, phase);
        let applied = decision.apply(phase).await;
        if decision.is_applied()
            && let Some(observation) = &mut self.observation
        {
            observation.treated();
        }
        applied
    }

    /// Tells what came of it, and gives the connection to whoever uses it from now on.
    pub(crate) fn finish<T>(self, opened: &io::Result<T>) -> Connection {
        if let Some(observation) = self.observation {
            observation.finish(match opened {
                Ok(_) => Outcome::Success,
                Err(_) => Outcome::Failure,
            });
        }
        self.connection
    }
}
