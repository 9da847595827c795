//! The settings of a manager, which never change.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::probe::Probe;
use crate::draw::{Identity, Stream, stable_hash};
use crate::error::FileError;
use crate::policy::{ApprovalVerifier, Grade};
use crate::running::Reach;
use crate::site::Witness;
use crate::{BlastRadius, Environment, Experiment, OperationGlob, Policy};

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
    pub(super) policy: Option<Policy>,
    pub(super) approval_verifier: Option<Arc<dyn ApprovalVerifier>>,
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

    /// Checks that the approvals of the policy can be verified, if anything verifies them.
    pub(super) fn check_keys(&self) -> Result<(), FileError> {
        let rules = self.policy.as_ref().and_then(Policy::approval_rules);
        match (rules, &self.approval_verifier) {
            (Some(rules), Some(verifier)) => verifier.check_rules(rules),
            _ => Ok(()),
        }
    }

    pub(super) fn is_protected(&self, service: &str) -> bool {
        let mut graded = self.policy.iter().flat_map(Policy::protected);
        self.protected.iter().any(|name| name == service)
            || graded.any(|(name, grade)| grade == Grade::Absolute && name == service)
    }

    /// The services that the builder or the policy protects, in any grade.
    pub(super) fn protected_names(&self) -> impl Iterator<Item = &str> {
        let graded = self.policy.iter().flat_map(Policy::protected);
        let names = graded.map(|(name, _)| name);
        self.protected.iter().map(String::as_str).chain(names)
    }

    /// The services that an experiment must not affect, although it may select them.
    pub(super) fn spared(
        &self,
        experiment: &Experiment,
        radius: &BlastRadius,
        origin: Origin,
    ) -> Box<[String]> {
        let risk = experiment.risk(self.environment(origin));
        let policy = self.policy.iter();
        let spared = policy.flat_map(|policy| policy.closed_to(radius.level(), risk));
        spared.map(|(name, _)| name.to_owned()).collect()
    }
}
