//! The state of experiments and sites, as a manager reports it.

use std::time::Duration;

use crate::pressure::PressureLevel;
use crate::site::Needs;
use crate::{EndReason, Level, Risk, SiteKind};

/// How an experiment of this manager stands.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ExperimentStatus {
    /// Its name.
    pub name: String,
    /// Whether it runs.
    pub state: ExperimentState,
    /// How many operations it has treated.
    pub injected: u64,
    /// How many it is treating now.
    pub in_flight: u64,
    /// How far its pressures are, those of clocks last; empty when it has none.
    pub pressure: Vec<PressureLevel>,
    /// How far it reaches.
    pub level: Level,
    /// How dangerous it is.
    pub risk: Risk,
    /// Who answers for it.
    pub owner: Option<String>,
    /// What it is to find out.
    pub why: Option<String>,
    /// Whether it only says what it would do.
    pub dry_run: bool,
}

/// Whether an experiment runs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExperimentState {
    /// It runs, for at most this much longer.
    Running {
        /// What is left of its time limit.
        time_left: Duration,
    },
    /// It waits for a site that its conditions can judge.
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
    /// The kind of place.
    pub kind: SiteKind,
    /// What running experiments want of it right now, if anything.
    pub needs: Option<Needs>,
    /// Whether it is protected from every experiment.
    pub protected: bool,
    /// The experiments that concern it, in the order in which they apply.
    pub experiments: Vec<String>,
}
