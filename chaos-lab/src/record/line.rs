//! The lines of a record.

use std::time::Duration;

use chaos_core::adapter::HumanDuration;
use chaos_core::journal::{Event, Injected, JournalItem};
use chaos_core::{ExperimentStatus, Overview};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::load::Sample;
use crate::scenario::{Scenario, Stage};
use crate::statistics::{Counted, Proportion};

/// A line of a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Line {
    /// The time since the start of the run, on the clock of the lab.
    pub at: HumanDuration,
    /// What is recorded.
    #[serde(flatten)]
    pub entry: RecordEntry,
}

impl Line {
    /// A line at a time since the start of the run.
    #[must_use]
    pub fn new(at: Duration, entry: RecordEntry) -> Self {
        Self {
            at: HumanDuration(at),
            entry,
        }
    }

    /// The time that the measurement is of: a request counts from the instant at which it was due.
    pub(crate) fn measured_at(&self) -> Duration {
        match &self.entry {
            RecordEntry::Sample(sample) => sample.due.0,
            RecordEntry::Outcomes(sample) => sample.due.0,
            _ => self.at.0,
        }
    }
}

/// What a line records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RecordEntry {
    /// The run begins; always the first line.
    Opened(Box<Opened>),
    /// A stage begins.
    Stage(Stage),
    /// A request of the load has ended.
    Sample(Sample),
    /// The health of the target was probed.
    Probe(ProbeSample),
    /// A business rule was looked at.
    Rule(RuleSample),
    /// How the requests of a second ended, as the target counted them; only without a load.
    Outcomes(OutcomeSample),
    /// The target's journal has an entry, or lost some.
    Journal(JournalItem),
    /// The state of the experiments, shortly before they end.
    Reached(Vec<ExperimentStatus>),
    /// The target does not answer any more, in a run that crashes it.
    Gone,
    /// The target answers again.
    Back(Box<Overview>),
    /// The lab itself was held up for this long.
    HeldUp(HumanDuration),
    /// The run was stopped before its end.
    Aborted {
        /// The reason.
        why: String,
    },
    /// The run has ended; always the last line of a whole record.
    Closed,
}

impl RecordEntry {
    /// The injection that the target's journal has, if it is an entry of one.
    #[must_use]
    pub fn injected(&self) -> Option<&Injected> {
        match self.event()? {
            Event::Injected(injected) => Some(injected),
            _ => None,
        }
    }

    /// The failed ones of the requests that it counts; one that the lab did not send says nothing about the target.
    pub(crate) fn failed_requests(&self) -> Option<Proportion> {
        match self {
            Self::Sample(sample) if sample.was_sent() => Some(Counted::when(!sample.ok).into()),
            Self::Outcomes(sample) => Some(sample.failed),
            _ => None,
        }
    }

    /// The failed ones of the health probes that it counts.
    pub(crate) fn failed_probes(&self) -> Option<Proportion> {
        match self {
            Self::Probe(sample) => Some(Counted::when(sample.problem.is_some()).into()),
            _ => None,
        }
    }

    /// The event that the target's journal has.
    pub(crate) fn event(&self) -> Option<&Event> {
        match self {
            Self::Journal(JournalItem::Entry(entry)) => Some(&entry.event),
            _ => None,
        }
    }
}

/// What a run was asked to do, and where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Opened {
    /// The version of the format.
    pub version: u32,
    /// The time of the start; none in records of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// The scenario.
    pub scenario: Scenario,
    /// The target at the start.
    pub target: Overview,
}

impl Opened {
    /// Whether a target that came back is another process, as it has not started what the run had it start.
    pub(crate) fn is_restarted(&self, target: &Overview) -> bool {
        let started = self.target.totals.started + self.scenario.experiments.len() as u64;
        target.totals.started < started
    }
}

/// How the requests of a second ended, as the target counted them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OutcomeSample {
    /// The time of the second, since the start of the run, to a second.
    pub due: HumanDuration,
    /// The failed ones of the requests.
    pub failed: Proportion,
}

/// One look at the health of the target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProbeSample {
    /// The name of the probe.
    pub probe: String,
    /// The value that it read, if it reads one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<f64>,
    /// Why it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// One look at a business rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RuleSample {
    /// The name of the rule.
    pub rule: String,
    /// What the look found.
    pub found: RuleState,
    /// The value that it read, if it reads one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<f64>,
}

impl RuleSample {
    /// Whether it counts among the looks that found their rule broken; without an answer, it says nothing.
    pub(crate) fn broken(&self) -> Option<Counted> {
        match self.found {
            RuleState::Holds => Some(Counted::Out),
            RuleState::Broken(_) => Some(Counted::In),
            RuleState::Unknown(_) => None,
        }
    }
}

/// What a look at a business rule found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RuleState {
    /// The rule holds.
    Holds,
    /// The rule is broken, by this answer.
    Broken(String),
    /// There was no answer, which says nothing about the rule.
    Unknown(String),
}
