//! What an experiment is made of.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::{Experiment, Risk};
use crate::{BlastRadius, Condition, Consent, Fault, Pattern, Phase};

impl Experiment {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What goes wrong.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Where it strikes, once that was said.
    #[must_use]
    pub fn radius(&self) -> Option<&BlastRadius> {
        self.blast_radius.as_ref()
    }

    /// In which phase of an operation it strikes.
    #[must_use]
    pub fn strikes_in(&self) -> Phase {
        self.phase
    }

    /// In which pattern it strikes; at all operations without one.
    #[must_use]
    pub fn traffic_pattern(&self) -> Option<&Pattern> {
        self.pattern.as_ref()
    }

    /// How long it runs at most.
    #[must_use]
    pub fn runs_for(&self) -> Duration {
        self.time_limit
    }

    /// When it ends at the latest, if that was said.
    #[must_use]
    pub fn ends_at(&self) -> Option<SystemTime> {
        self.until
    }

    /// What aborts it.
    pub fn abort_conditions(&self) -> &[Condition] {
        &self.abort_when
    }

    /// Whether it decides and journals, but applies nothing.
    #[must_use]
    pub fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// The consent given: its own, else that of a blast radius of everything.
    #[must_use]
    pub fn given_consent(&self) -> Option<&Consent> {
        self.consent
            .as_ref()
            .or_else(|| self.blast_radius.as_ref().and_then(BlastRadius::consent))
    }

    /// Whether it may also reach neighbours of what it is aimed at.
    #[must_use]
    pub fn allows_collateral(&self) -> bool {
        self.allow_collateral
    }

    /// Who is responsible.
    #[must_use]
    pub fn owned_by(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    /// What it is to find out.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        self.why.as_deref()
    }

    /// Its labels.
    #[must_use]
    pub fn labels(&self) -> &BTreeMap<String, String> {
        &self.labels
    }

    /// The least risk it was said to have.
    #[must_use]
    pub fn least_risk(&self) -> Option<Risk> {
        self.risk_at_least
    }
}
