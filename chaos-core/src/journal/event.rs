//! What a journal records.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::Nearest;
use crate::pressure::{PressureChange, PressureLevel};
use crate::{EndReason, Environment, Level, Phase, Risk, SiteKind};

/// One thing that happened, with its time and number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JournalEntry {
    /// Counts up by one within a manager.
    pub number: u64,
    /// When, by the wall clock.
    #[serde(with = "crate::human::timestamp_text")]
    pub at: SystemTime,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened, to which experiment, by whom and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// An experiment started.
    Started {
        /// Its name.
        experiment: String,
        /// Who answers for it.
        owner: Option<String>,
        /// What it is to find out.
        why: Option<String>,
        /// How dangerous it was judged to be.
        risk: Risk,
        /// How far it reaches.
        level: Level,
        /// Where it runs.
        environment: Environment,
        /// Why it may do what needs consent.
        consent: Option<String>,
        /// The seed that replays it.
        seed: u64,
        /// Whether it only says what it would do.
        dry_run: bool,
    },
    /// An experiment waits for a site that its conditions can judge.
    Waiting {
        /// Its name.
        experiment: String,
        /// What it waits for.
        why: String,
    },
    /// An experiment was refused.
    Refused {
        /// Its name.
        experiment: String,
        /// What spoke against it.
        why: String,
    },
    /// A fault was injected; in a dry run, it would have been.
    Injected(Injected),
    /// An experiment ended.
    Ended {
        /// Its name.
        experiment: String,
        /// How.
        reason: EndReason,
        /// How many operations it treated.
        injected: u64,
    },
    /// Something that had to be put back could not be.
    UndoFailed {
        /// The experiment that left it.
        experiment: String,
        /// How many undos panicked.
        failed: usize,
    },
    /// An experiment waits for a site that it matches: none has registered yet.
    Unmatched {
        /// Its name.
        experiment: String,
        /// The sites that it waits for, in words.
        selects: String,
        /// The registered site that may be meant.
        nearest: Option<Nearest>,
    },
    /// The first site that an experiment matches has registered, after its start.
    Matched {
        /// The experiment.
        experiment: String,
        /// The service of the site.
        service: String,
        /// The kind of the site.
        kind: SiteKind,
    },
    /// A site can't apply what an experiment wants of it.
    NotSupported {
        /// The experiment.
        experiment: String,
        /// The service of the site.
        service: String,
        /// The kind of the site.
        kind: SiteKind,
        /// The phase asked for.
        phase: Phase,
    },
    /// A pressure has reached its level, lost it, or was given back.
    Pressure {
        /// The experiment.
        experiment: String,
        /// Of which kind it is, how much was asked for, and how much there is.
        #[serde(flatten)]
        level: PressureLevel,
        /// What happened.
        change: PressureChange,
        /// Why, if it failed or got less than was asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// Everything was halted.
    Halted {
        /// By whom or what.
        by: String,
    },
    /// Experiments may start again.
    Resumed,
}

/// A fault that was injected into one operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Injected {
    /// The experiment.
    pub experiment: String,
    /// The service of the site.
    pub service: String,
    /// The kind of the site.
    pub kind: SiteKind,
    /// The operation.
    pub operation: String,
    /// Before, after or during it.
    pub phase: Phase,
    /// The key of the request it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Which attempt of the request it is.
    pub attempt: u32,
    /// How long it is made to wait, unless it is let go earlier.
    #[serde(with = "crate::human::duration_text")]
    pub delay: Duration,
    /// How it was made to fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Whether it was only decided, not done.
    pub dry_run: bool,
}
