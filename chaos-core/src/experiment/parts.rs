//! Accessors of an experiment.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::{Experiment, Risk};
use crate::{BlastRadius, Condition, Consents, Fault, Pattern, Phase, Pressure};

impl Experiment {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its faults.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The blast radius, if that is set.
    #[must_use]
    pub fn radius(&self) -> Option<&BlastRadius> {
        self.blast_radius.as_ref()
    }

    /// The phase of an operation in which it strikes.
    #[must_use]
    pub fn strikes_in(&self) -> Phase {
        self.phase
    }

    /// The pattern in which it strikes; without one, it strikes all operations.
    #[must_use]
    pub fn traffic_pattern(&self) -> Option<&Pattern> {
        self.pattern.as_ref()
    }

    /// The longest time that it runs.
    #[must_use]
    pub fn runs_for(&self) -> Duration {
        self.time_limit
    }

    /// The latest time at which it ends, if that is set.
    #[must_use]
    pub fn ends_at(&self) -> Option<SystemTime> {
        self.until
    }

    /// The conditions that abort it.
    pub fn abort_conditions(&self) -> &[Condition] {
        &self.abort_when
    }

    /// Whether it decides and journals, but applies nothing.
    #[must_use]
    pub fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// Its consents: its own, that of its blast radius, and the first of its pressures if it has none itself.
    #[must_use]
    pub fn consents(&self) -> Consents {
        let mut given = self.consents.clone();
        let radius = self.blast_radius.as_ref();
        given.everything = radius.and_then(BlastRadius::consent).cloned();
        if given.destruction.is_none() {
            let mut pressures = self.faults.iter().filter_map(Fault::pressure);
            given.destruction = pressures.find_map(Pressure::given_consent).cloned();
        }
        given
    }

    /// Whether one of its faults is destructive without consent, which a pressure may have by itself.
    pub(crate) fn lacks_consent_to_destruction(&self) -> bool {
        let agreed = |fault: &Fault| {
            let pressure = fault.pressure();
            pressure.and_then(Pressure::given_consent).is_some()
        };
        let mut faults = self.faults.iter();
        self.consents.destruction.is_none()
            && faults.any(|fault| fault.is_destructive() && !agreed(fault))
    }

    /// Whether a fault may also affect neighbours of its target.
    #[must_use]
    pub fn allows_collateral(&self) -> bool {
        self.allow_collateral
    }

    /// The person or team responsible.
    #[must_use]
    pub fn owned_by(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    /// The question that it answers.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        self.why.as_deref()
    }

    /// Its labels.
    #[must_use]
    pub fn labels(&self) -> &BTreeMap<String, String> {
        &self.labels
    }

    /// The minimum risk, if that is set.
    #[must_use]
    pub fn least_risk(&self) -> Option<Risk> {
        self.risk_at_least
    }
}
