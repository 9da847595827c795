//! What a manager gives to its sites and running experiments.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::Notify;

use crate::draw::{Identity, Stream, stable_hash};
#[cfg(feature = "explore")]
use crate::explore::Exploring;
use crate::guardian::{self, Sweep};
use crate::journal::Journal;
use crate::judge::Probe;
use crate::manager::Inner;
use crate::pressure::ClockSkews;
use crate::running::Reach;
use crate::{BlastRadius, Environment, OperationGlob};

/// Everything about a manager that never changes, and what may be used without it.
pub(crate) struct Services {
    pub(crate) seed: u64,
    pub(crate) environment: Option<Environment>,
    pub(crate) unstated: Environment,
    pub(crate) instance: String,
    pub(crate) protected: Vec<String>,
    pub(crate) exempt: Arc<[OperationGlob]>,
    pub(crate) probes: BTreeMap<String, Probe>,
    pub(crate) check_every: Duration,
    pub(crate) journal: Journal,
    pub(crate) quiet: Notify,
    pub(crate) skews: Arc<ClockSkews>,
    #[cfg(feature = "explore")]
    pub(crate) exploring: Option<Exploring>,
}

impl Services {
    /// Whether this instance belongs to the share of instances that an experiment asks for.
    pub(crate) fn reach(&self, experiment: &str, radius: &BlastRadius) -> Reach {
        // The seed takes no part: all instances of a service must see the same split, whatever seed each has.
        let stream = Stream::new(0, experiment, stable_hash("instances"));
        let draw = stream.draw(Identity::new(&self.instance, 0, 0));
        if radius.instances().admits(draw) {
            Reach::Here
        } else {
            Reach::OtherInstances
        }
    }

    pub(crate) fn is_protected(&self, service: &str) -> bool {
        self.protected.iter().any(|name| name == service)
    }

    /// Has the guardian tidy up after an experiment that was ended where nothing may wait.
    pub(crate) fn sweep_soon(&self, manager: &Weak<Inner>) {
        guardian::soon(Arc::new(Sweep(Weak::clone(manager))));
    }
}
