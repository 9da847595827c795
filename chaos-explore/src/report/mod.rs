//! The result of an exploration.

pub(crate) mod duration_text;
pub(crate) mod fate;
pub(crate) mod finding;
mod markdown;
pub(crate) mod problem;

use std::time::Duration;

use serde::Serialize;

use crate::placement::operation_id::OperationId;
use crate::report::fate::FaultFate;
use crate::report::finding::Finding;

/// The result of an exploration: its findings, the fate of each fault, and what was left out.
///
/// The field names of the JSON are stable.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    pub(crate) seed: u64,
    pub(crate) depth: usize,
    pub(crate) runs: usize,
    #[serde(rename = "tried")]
    pub(crate) sets_tried: usize,
    pub(crate) operations: Vec<OperationId>,
    #[serde(rename = "operations_beyond")]
    pub(crate) unrecorded_operations: usize,
    pub(crate) findings: Vec<Finding>,
    #[serde(rename = "absorption")]
    pub(crate) fates: Vec<FaultFate>,
    pub(crate) pruned: Pruned,
    #[serde(rename = "unreached")]
    pub(crate) unreached_sets: Vec<String>,
    pub(crate) unexplored: Option<Unexplored>,
    #[serde(rename = "differs")]
    pub(crate) difference: Option<Difference>,
    #[serde(serialize_with = "duration_text::serialize")]
    pub(crate) took: Duration,
    #[serde(rename = "in_tests", serialize_with = "duration_text::serialize")]
    pub(crate) test_time: Duration,
    #[serde(rename = "around_tests", serialize_with = "duration_text::serialize")]
    pub(crate) overhead: Duration,
}

/// The number of fault sets that were skipped because they could not show anything new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Pruned {
    /// The number of sets that contain a finding.
    #[serde(rename = "hold_a_finding")]
    pub supersets_of_findings: usize,
    /// The number of faults at operations that an outage strikes anyway.
    pub within_an_outage: usize,
}

/// What a limit left unexplored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Unexplored {
    /// The number of faults in each set at which the exploration stopped.
    pub depth: usize,
    /// The number of sets of that depth that were not tried, without the larger sets that would have followed.
    pub placements: usize,
    /// The limit that was reached.
    pub limit: String,
}

/// The difference between the two baseline runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// The operations that occurred only in the first run.
    pub only_first: Vec<OperationId>,
    /// The operations that occurred only in the second run.
    pub only_second: Vec<OperationId>,
}

impl Report {
    pub(crate) fn new(seed: u64, depth: usize) -> Self {
        Self {
            seed,
            depth,
            runs: 0,
            sets_tried: 0,
            operations: Vec::new(),
            unrecorded_operations: 0,
            findings: Vec::new(),
            fates: Vec::new(),
            pruned: Pruned::default(),
            unreached_sets: Vec::new(),
            unexplored: None,
            difference: None,
            took: Duration::ZERO,
            test_time: Duration::ZERO,
            overhead: Duration::ZERO,
        }
    }

    /// Returns whether the test passed: without findings, without a difference in the baseline, and not merely because
    /// nothing was tried.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let incomplete = self.unexplored.is_some() || !self.unreached_sets.is_empty();
        let is_inconclusive = self.sets_tried == 0 && incomplete;
        self.findings.is_empty() && self.difference.is_none() && !is_inconclusive
    }

    /// Returns the findings, in the order of their discovery.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns the operations of the first baseline run, in order.
    #[must_use]
    pub fn operations(&self) -> &[OperationId] {
        &self.operations
    }

    /// Returns the largest number of operations in one run that exceeded the recording limit.
    ///
    /// No fault was placed at those operations.
    #[must_use]
    pub fn unrecorded_operations(&self) -> usize {
        self.unrecorded_operations
    }

    /// Returns the fate of each single fault.
    #[must_use]
    pub fn fates(&self) -> &[FaultFate] {
        &self.fates
    }

    /// Returns the number of times that the test ran.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.runs
    }

    /// Returns the number of fault sets that were tried, without the baseline and the replays of findings.
    #[must_use]
    pub fn sets_tried(&self) -> usize {
        self.sets_tried
    }

    /// Returns the number of fault sets that were skipped because they could not show anything new.
    #[must_use]
    pub fn pruned(&self) -> Pruned {
        self.pruned
    }

    /// Returns what was left unexplored, if a limit was reached.
    #[must_use]
    pub fn unexplored(&self) -> Option<&Unexplored> {
        self.unexplored.as_ref()
    }

    /// Returns the replay lines of the sets that did not strike completely because an operation did not occur.
    ///
    /// Such a test varies from run to run, or the line to replay names an operation that the test doesn't have.
    #[must_use]
    pub fn unreached_sets(&self) -> &[String] {
        &self.unreached_sets
    }

    /// Returns the difference between the two baseline runs, if there is one; no fault was tried then.
    #[must_use]
    pub fn difference(&self) -> Option<&Difference> {
        self.difference.as_ref()
    }

    /// Returns the duration of the exploration.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.took
    }

    /// Returns the time that the test itself took, summed over all runs.
    #[must_use]
    pub fn test_time(&self) -> Duration {
        self.test_time
    }

    /// Returns the time that starting and ending the runs took, summed over all runs.
    #[must_use]
    pub fn overhead(&self) -> Duration {
        self.overhead
    }

    /// Returns the report as JSON.
    ///
    /// # Errors
    ///
    /// Returns the serializer's error, although every field of a report can be serialized.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }
}
