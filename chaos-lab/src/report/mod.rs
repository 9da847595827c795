//! Reports: what a record says about the target.

mod experiment_reached;
mod finding;
mod format;
mod html;
mod junit;
mod markdown;
mod prometheus;
mod read;
mod reading;
mod recovery;
mod series;
mod stage_summary;
mod suite;
mod words;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chaos_core::{FaultKind, SiteKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use experiment_reached::{ExperimentReached, ReachedDelay, ReachedPressure, ReachedRate};
pub use finding::{Finding, Indicator, Unit};
pub use format::Format;
pub use read::{ReadReportError, WrittenReport};
pub use reading::MovedReading;
pub use recovery::{BrokenRule, Recovery};
pub use series::{Points, Series};
pub use stage_summary::{Latencies, StageSummary};
pub use suite::{ScenarioResult, SuiteReport};

use crate::Verdict;
use crate::load::Answer;
use crate::statistics::{Estimate, Proportion};

/// The version of the format of reports.
pub const REPORT_VERSION: u32 = 1;

/// What a record says about the target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Report {
    /// The version of the format.
    pub version: u32,
    /// The name of the scenario.
    pub scenario: String,
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
    fn finding(&self, indicator: Indicator) -> Option<&Finding> {
        let mut findings = self.findings.iter();
        findings.find(|finding| finding.indicator == indicator)
    }
}

/// The treated requests of the stage with the fault, beside the untreated ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct ControlGroup {
    /// The failed ones of the treated requests.
    pub treated: Proportion,
    /// The failed ones of the untreated requests.
    pub untreated: Proportion,
    /// How many more of the treated requests failed, as a share.
    pub errors: Estimate,
    /// How much longer the 95th percentile of the treated requests took, in seconds.
    pub latency: Option<Estimate>,
}

/// What became of the requests in which a fault struck an operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Fate {
    /// The service of the site.
    pub service: String,
    /// The kind of the site.
    pub kind: SiteKind,
    /// The operation.
    pub operation: String,
    /// The fault.
    pub fault: FaultKind,
    /// The requests that succeeded while the fault was in force.
    pub absorbed: u64,
    /// The requests that failed, by their answer.
    pub surfaced: BTreeMap<String, u64>,
    /// The injections that belong to no request of the load, or to one that succeeded only after the fault was over.
    pub unknown: u64,
}

impl Fate {
    /// The number of requests that failed.
    pub(crate) fn failed(&self) -> u64 {
        self.surfaced.values().sum()
    }

    /// Counts a request that failed with an answer.
    pub(crate) fn surface(&mut self, answer: &Answer) {
        *self.surfaced.entry(answer.to_string()).or_default() += 1;
    }
}
