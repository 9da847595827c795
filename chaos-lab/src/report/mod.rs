//! Reports: what a record says about the target.

mod change;
mod document;
mod experiment_reached;
mod fate;
mod finding;
mod fingerprint;
mod format;
mod headline;
mod html;
mod junit;
mod over_time;
mod prometheus;
mod push;
mod read;
mod reading;
mod recovery;
mod suite;
mod timeline;
mod trend;
mod units;

#[cfg(test)]
mod tests;

pub use change::Change;
pub use experiment_reached::{ExperimentReached, ReachedDelay, ReachedPressure, ReachedRate};
pub use fate::{ControlGroup, Fate};
pub use finding::{Finding, Indicator};
pub use fingerprint::Fingerprint;
pub use format::Format;
use jiff::Timestamp;
pub use over_time::{Latencies, Points, Series, StageSummary};
pub use push::{PushError, Pushgateway};
pub use read::{ReadReportError, WrittenReport};
pub use reading::MovedReading;
pub use recovery::{BrokenRule, ReachedStage, Recovery, RecoveryStage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
pub use suite::{ScenarioResult, SuiteReport};
pub use timeline::Happening;
pub use trend::{Moved, Movement, Trend, TrendPoint};
pub use units::Unit;

use crate::Verdict;

/// The version of the format of reports.
pub const REPORT_VERSION: u32 = 1;

/// What a record says about the target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Report {
    /// The version of the format.
    pub version: u32,
    /// The time of the start; none in reports of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub started: Option<Timestamp>,
    /// The name of the scenario.
    pub scenario: String,
    /// What is the same in all runs that can be compared; none in reports of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// The verdict of the run.
    pub verdict: Verdict,
    /// What was found for each objective.
    pub findings: Vec<Finding>,
    /// What was asked of each experiment, and what it reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reached: Vec<ExperimentReached>,
    /// The treated requests beside the others of the same time, if there were both.
    pub control_group: Option<ControlGroup>,
    /// What became of the requests that faults struck, by operation and fault.
    pub fates: Vec<Fate>,
    /// The business rules that were found broken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broken_rules: Vec<BrokenRule>,
    /// How far the business readings moved that have a limit for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<MovedReading>,
    /// How the target came back, if the run got as far.
    pub recovery: Option<Recovery>,
    /// What happened, in the order of time; empty in reports of earlier versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timeline: Vec<Happening>,
    /// The stages that the run has reached.
    pub stages: Vec<StageSummary>,
    /// The injections that the record lacks, as the target's journal lost them.
    pub lost_entries: u64,
    /// What makes the report less certain than it looks.
    pub caveats: Vec<String>,
    /// What was measured over time; none in reports of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<Series>,
}

impl Report {
    /// What was found for an indicator, if it was judged.
    pub(crate) fn finding(&self, indicator: Indicator) -> Option<&Finding> {
        let mut findings = self.findings.iter();
        findings.find(|finding| finding.indicator == indicator)
    }

    /// What is violated, by name: objectives with what was measured, its bounds and the limit, and how readings moved.
    #[must_use]
    pub fn violations(&self) -> Vec<(String, String)> {
        let findings = self.findings.iter();
        let findings = findings.filter(|finding| finding.verdict == Verdict::Violated);
        let findings = findings.map(|one| (one.indicator.to_string(), one.against_limit()));
        let readings = self.readings.iter();
        let readings = readings.filter(|reading| reading.verdict == Verdict::Violated);
        let readings = readings.map(|one| (one.rule.clone(), one.against_limit()));
        findings.chain(readings).collect()
    }
}
