//! The status of experiments and sites, as reported by a manager.

use std::time::Duration;

use crate::pressure::PressureLevel;
use crate::site::Needs;
use crate::{EndReason, Level, Risk, SiteKind};

/// The status of an experiment.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ExperimentStatus {
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: ExperimentState,
    /// The number of operations that it has injected faults into.
    pub injected: u64,
    /// The number of operations that its faults affect now.
    pub in_flight: u64,
    /// The current levels of its pressures, clocks last; empty without pressures.
    pub pressure: Vec<PressureLevel>,
    /// The level of its blast radius.
    pub level: Level,
    /// Its risk.
    pub risk: Risk,
    /// The person or team responsible.
    pub owner: Option<String>,
    /// The question that it answers.
    pub why: Option<String>,
    /// Whether it is a dry run.
    pub dry_run: bool,
}

/// The state of an experiment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExperimentState {
    /// It is running.
    Running {
        /// The time left until its time limit; [`Duration::MAX`] if that is beyond the range of the clock.
        time_left: Duration,
    },
    /// It is waiting for a site that its conditions can judge.
    Waiting,
    /// It has ended.
    Ended(EndReason),
}

/// A registered site.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SiteStatus {
    /// The service.
    pub service: String,
    /// The kind of the site.
    pub kind: SiteKind,
    /// The needs of running experiments, if there are any.
    pub needs: Option<Needs>,
    /// Whether it is protected from every experiment.
    pub protected: bool,
    /// The experiments that concern it, in the order in which they apply.
    pub experiments: Vec<String>,
}
