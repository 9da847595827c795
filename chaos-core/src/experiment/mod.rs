//! Experiments: which faults to inject, where, when, for how long, and why.

mod check;
mod environment;
mod invalid;
mod parts;
mod risk;
mod serde;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

pub use environment::{Environment, UnknownEnvironment};
pub use invalid::{ExperimentProblem, InvalidExperiment};
pub use risk::Risk;

use crate::setters::setters;
use crate::{BlastRadius, Condition, Consent, Consents, Fault, Pattern, Phase};

/// The default time limit of an experiment: five minutes.
pub const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(5 * 60);

/// The longest time limit in staging and in production: a day.
///
/// An experiment that would run longer is refused there; restart it, so that it is decided on anew.
pub const MAX_TIME_LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

/// An experiment: which faults to inject, where, when, for how long, and why.
///
/// Every start calls [`Experiment::check`] and refuses an invalid experiment.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use chaos_core::{BlastRadius, Condition, Experiment, Fault, Rate};
///
/// let experiment = Experiment::new("slow payments")
///     .reason("does checkout keep its promise when the bank is slow?")
///     .fault(Fault::latency(Duration::from_secs(2)))
///     .blast_radius(BlastRadius::calls_to("payments").rate(Rate::percent(10.0)?))
///     .time_limit(Duration::from_secs(60))
///     .abort_when(Condition::error_rate_above(Rate::percent(5.0)?).at("orders"));
/// assert!(experiment.check().is_ok());
/// # Ok::<(), chaos_core::error::InvalidRate>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Experiment {
    name: String,
    why: Option<String>,
    owner: Option<String>,
    labels: BTreeMap<String, String>,
    faults: Vec<Fault>,
    blast_radius: Option<BlastRadius>,
    phase: Phase,
    pattern: Option<Pattern>,
    time_limit: Duration,
    until: Option<SystemTime>,
    abort_when: Vec<Condition>,
    dry_run: bool,
    consents: Consents,
    allow_collateral: bool,
    risk_at_least: Option<Risk>,
}

impl Experiment {
    /// Creates an experiment with a name, but without faults or a blast radius.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            why: None,
            owner: None,
            labels: BTreeMap::new(),
            faults: Vec::new(),
            blast_radius: None,
            phase: Phase::default(),
            pattern: None,
            time_limit: DEFAULT_TIME_LIMIT,
            until: None,
            abort_when: Vec::new(),
            dry_run: false,
            consents: Consents::default(),
            allow_collateral: false,
            risk_at_least: None,
        }
    }

    /// Adds a fault.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    setters! {
        /// Sets where the experiment strikes.
        pub fn blast_radius(radius: BlastRadius) = Some(radius);

        /// Sets the phase of an operation in which the experiment strikes.
        pub fn phase(phase: Phase) = phase;

        /// Sets the pattern in which the experiment strikes.
        pub fn pattern(pattern: Pattern) = Some(pattern);

        /// Sets the time limit; defaults to [`DEFAULT_TIME_LIMIT`], and is [`MAX_TIME_LIMIT`] at most in staging and
        /// production.
        pub fn time_limit(limit: Duration) = limit;

        /// Ends the experiment at `end`, or at its time limit if that is sooner.
        pub fn until(end: SystemTime) = Some(end);

        /// Raises the risk to at least `risk`.
        pub fn risk_at_least(risk: Risk) = Some(risk);

        /// Sets the person or team responsible.
        pub fn owner(owner: impl Into<String>) = Some(owner.into());
    }

    /// Adds a condition that aborts the experiment.
    pub fn abort_when(mut self, condition: Condition) -> Self {
        self.abort_when.push(condition);
        self
    }

    /// Decides and journals as usual, but applies nothing.
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// Consents to run in production; a later call replaces it.
    ///
    /// Any experiment needs it there. For files and [`from_env`](crate::ChaosManager::from_env), an environment that is
    /// not set counts as production.
    pub fn consent_to_production(mut self, consent: Consent) -> Self {
        self.consents.production = Some(consent);
        self
    }

    /// Consents to faults whose effect outlasts the experiment (a crash, a full disk); a later call replaces it.
    pub fn consent_to_destruction(mut self, consent: Consent) -> Self {
        self.consents.destruction = Some(consent);
        self
    }

    /// Accepts that a fault also affects neighbours of its target.
    pub fn allow_collateral(mut self) -> Self {
        self.allow_collateral = true;
        self
    }

    /// Sets the question that the experiment answers; its key in files is `why`.
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.why = Some(reason.into());
        self
    }

    /// Adds a label; a later one with the same key replaces it.
    pub fn label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(key.into(), value.into());
        self
    }
}

#[cfg(test)]
mod tests;
