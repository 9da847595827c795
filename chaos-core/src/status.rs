//! The status of experiments and sites, as reported by a manager.

mod reached;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

pub use reached::{DelayReached, RateBound, RateReached};

use crate::human;
use crate::pressure::PressureLevel;
use crate::{
    Attribution, EndReason, Environment, Experiment, FaultKind, Level, Phase, Risk, SiteKind,
};

/// The status of a manager.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Overview {
    /// The name of this instance of the service.
    pub instance: String,
    /// The environment, if it is stated.
    pub environment: Option<Environment>,
    /// The seed of all draws.
    pub seed: u64,
    /// Whether every experiment is a dry run.
    pub dry_run: bool,
    /// Whether the manager is switched off, so that nothing can start.
    pub switched_off: bool,
    /// The halts that are in force; nothing can start until all are lifted.
    pub halts: Vec<HaltStatus>,
    /// The number of registered sites.
    pub sites: usize,
    /// The names of the running experiments.
    pub running: Vec<String>,
    /// The names of the experiments that wait for a site.
    pub waiting: Vec<String>,
    /// The number of the next journal entry.
    pub journal_next: u64,
    /// What has happened since the manager was built.
    #[serde(default)]
    pub totals: Totals,
}

/// What has happened since a manager was built; no count ever falls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Totals {
    /// The experiments that started.
    pub started: u64,
    /// The experiments that were refused.
    pub refused: u64,
    /// The experiments that ended, by the reason, such as `time_limit`.
    pub ended: BTreeMap<String, u64>,
    /// The operations that faults were injected into, dry runs included.
    pub injected: u64,
    /// The same by the kind of the fault, such as `latency`; those that never struck are 0.
    #[serde(default)]
    pub injected_by: BTreeMap<String, u64>,
    /// The halts.
    pub halted: u64,
    /// How often a safety limit had to step in, by the limit, such as `lease`; those that never did are 0.
    #[serde(default)]
    pub violations: BTreeMap<String, u64>,
    /// The journal entries that a sink did not take in time.
    pub lost: u64,
}

/// A halt that is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HaltStatus {
    /// The time of the halt.
    #[serde(with = "human::timestamp_text")]
    pub since: SystemTime,
    /// Who halted, and why.
    #[serde(flatten)]
    pub attribution: Attribution,
}

impl HaltStatus {
    pub(crate) fn since_now(attribution: Attribution) -> Self {
        Self {
            since: SystemTime::now(),
            attribution,
        }
    }
}

/// The status of an experiment: what was asked for, and what was reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExperimentStatus {
    /// Its name.
    pub name: String,
    /// The number of this run, unique within the process; none while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// Its state.
    pub state: ExperimentState,
    /// The time of its start.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "human::optional_timestamp_text"
    )]
    pub since: Option<SystemTime>,
    /// Who started it, and why then.
    #[serde(flatten)]
    pub attribution: Attribution,
    /// What was asked for.
    pub experiment: Experiment,
    /// The environment in which its start was judged.
    pub environment: Environment,
    /// Its lease, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<LeaseStatus>,
    /// The number of operations that it has injected faults into.
    pub injected: u64,
    /// The number of operations that its faults affect now.
    pub in_flight: u64,
    /// Its rate, as asked for and as reached.
    pub rate: RateReached,
    /// The delays of whole operations, if there were any; those of single bytes are not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<DelayReached>,
    /// The current levels of its pressures, clocks last; empty without pressures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pressure: Vec<PressureLevel>,
    /// The level of its blast radius.
    pub level: Level,
    /// Its risk.
    pub risk: Risk,
    /// The person or team responsible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The question that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Whether it is a dry run.
    pub dry_run: bool,
}

/// The state of an experiment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ExperimentState {
    /// It is running.
    Running {
        /// The time left until its time limit; [`Duration::MAX`] if that is beyond the range of the clock.
        #[serde(with = "human::duration_text")]
        time_left: Duration,
    },
    /// It is waiting for a site that its conditions can judge.
    Waiting,
    /// It has ended.
    Ended(EndReason),
}

/// The lease of a running experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LeaseStatus {
    /// How long it lasts after each renewal.
    #[serde(with = "human::duration_text")]
    pub length: Duration,
    /// The time left until it runs out.
    #[serde(with = "human::duration_text")]
    pub time_left: Duration,
}

/// A registered site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SiteStatus {
    /// The service.
    pub service: String,
    /// The kind of the site.
    pub kind: SiteKind,
    /// Whether it is protected from every experiment.
    pub protected: bool,
    /// The experiments that concern it, in the order in which they apply.
    pub experiments: Vec<String>,
    /// The faults that it can apply.
    pub supports: Vec<SupportedFault>,
}

/// A fault that a site can apply, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SupportedFault {
    /// The kind of the fault.
    pub fault: FaultKind,
    /// The phases in which it can strike.
    pub phases: Vec<Phase>,
}
