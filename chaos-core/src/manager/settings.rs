//! The settings of a manager, which never change.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::probe::Probe;
use crate::draw::{Identity, Stream, stable_hash};
use crate::running::Reach;
use crate::site::Witness;
use crate::{BlastRadius, Environment, OperationGlob};

/// The settings of a manager, which never change.
pub(super) struct Settings {
    pub(super) seed: u64,
    pub(super) environment: Option<Environment>,
    pub(super) unstated: Environment,
    pub(super) instance: String,
    pub(super) protected: Vec<String>,
    pub(super) exempt: Arc<[OperationGlob]>,
    pub(super) probes: BTreeMap<String, Probe>,
    pub(super) check_every: Duration,
    pub(super) witness: Option<Arc<dyn Witness>>,
}

/// The source of an experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Code,
    File,
    /// A client outside the process.
    Remote,
    /// A witness, which chooses the operations to strike; its experiments have no pressures.
    Placed,
}

impl Settings {
    /// Whether this instance belongs to the share of instances that an experiment covers.
    pub(super) fn reach(&self, experiment: &str, radius: &BlastRadius) -> Reach {
        // Independent of the seed: all instances of a service must see the same split.
        let stream = Stream::new(0, experiment, stable_hash("instances"));
        let draw = stream.draw(Identity::new(stable_hash(&self.instance), 0, 0));
        if radius.instances().admits(draw) {
            Reach::Here
        } else {
            Reach::OtherInstances
        }
    }

    /// The environment in which an experiment is judged.
    pub(super) fn environment(&self, origin: Origin) -> Environment {
        self.environment.unwrap_or(match origin {
            Origin::Code => self.unstated,
            Origin::File | Origin::Remote => Environment::Production,
            Origin::Placed => Environment::Test,
        })
    }

    pub(super) fn is_protected(&self, service: &str) -> bool {
        self.protected.iter().any(|name| name == service)
    }
}
