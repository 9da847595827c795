//! The result of an exploration.

mod coverage;
pub(crate) mod duration_text;
mod failed_without_faults;
pub(crate) mod fate;
mod fate_table;
pub(crate) mod finding;
pub(crate) mod gap;
mod hint;
mod markdown;
pub(crate) mod moment;
pub(crate) mod problem;
mod replay_command;
pub(crate) mod site_failures;

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::placement::operation_id::OperationId;
use crate::report::fate::FaultFate;
use crate::report::finding::Finding;
use crate::report::gap::Gap;
use crate::report::site_failures::SiteFailures;

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
    /// The number of sets tried with one fault, with two, and so on.
    pub(crate) tried_by_size: Vec<usize>,
    pub(crate) operations: Vec<OperationId>,
    pub(crate) baseline_reply: Option<String>,
    #[serde(rename = "operations_beyond")]
    pub(crate) unrecorded_operations: usize,
    /// The problems that the test failed with without any fault.
    pub(crate) baseline_failure: Option<Finding>,
    /// The sites with operations that failed without any fault.
    pub(crate) failed_without_faults: Vec<SiteFailures>,
    pub(crate) findings: Vec<Finding>,
    #[serde(rename = "absorption")]
    pub(crate) fates: Vec<FaultFate>,
    pub(crate) pruned: Pruned,
    #[serde(rename = "unreached")]
    pub(crate) unreached_sets: Vec<String>,
    /// The operations of a replay line of whose names none was met.
    #[serde(skip)]
    pub(crate) unknown_operations: Vec<String>,
    pub(crate) unexplored: Option<Unexplored>,
    #[serde(rename = "differs")]
    pub(crate) difference: Option<Difference>,
    pub(crate) order_difference: Option<OrderDifference>,
    pub(crate) shared_state: Option<SharedState>,
    /// How often each set was tried.
    pub(crate) tries: usize,
    /// The gaps that are not allowed.
    pub(crate) gaps: Vec<Gap>,
    pub(crate) allowed_gaps: Vec<Gap>,
    /// The services that the list of faults has and the test hasn't, each with the nearest name.
    pub(crate) unknown_services: Vec<String>,
    /// The operations of tasks that the act left running.
    pub(crate) late_operations: Vec<String>,
    /// The services that did not reply without any fault.
    pub(crate) unanswered: Vec<String>,
    /// The operations of faults whose fate is unknown because the operation belongs to no request, one for each fault.
    #[serde(skip)]
    pub(crate) scopeless_fates: Vec<OperationId>,
    /// The number of fates that are unknown because the operation ended before the fault was due.
    #[serde(skip)]
    pub(crate) undue_fates: usize,
    /// The test that the exploration runs in, if it is known.
    pub(crate) test: Option<String>,
    /// The test that `CHAOS_REPLAY` is for, if it is another one.
    pub(crate) skipped: Option<String>,
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

/// The first difference in the order of operations between two runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OrderDifference {
    /// The position among the operations that faults can strike, starting at 1.
    pub position: usize,
    /// The operation of the earlier run.
    pub expected: Option<OperationId>,
    /// The operation of the later run.
    pub found: Option<OperationId>,
}

/// How runs of a test disturb each other, because their worlds share something such as a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SharedState {
    /// The test passes alone, and fails while another run is in progress.
    AtOnce,
    /// The test passes once, and fails when it runs again.
    InSequence,
}

impl Report {
    pub(crate) fn new(seed: u64, depth: usize) -> Self {
        Self {
            seed,
            depth,
            runs: 0,
            sets_tried: 0,
            tried_by_size: Vec::new(),
            operations: Vec::new(),
            baseline_reply: None,
            unrecorded_operations: 0,
            baseline_failure: None,
            failed_without_faults: Vec::new(),
            findings: Vec::new(),
            fates: Vec::new(),
            pruned: Pruned::default(),
            unreached_sets: Vec::new(),
            unknown_operations: Vec::new(),
            unexplored: None,
            difference: None,
            order_difference: None,
            shared_state: None,
            tries: 1,
            gaps: Vec::new(),
            allowed_gaps: Vec::new(),
            unknown_services: Vec::new(),
            late_operations: Vec::new(),
            unanswered: Vec::new(),
            scopeless_fates: Vec::new(),
            undue_fates: 0,
            test: None,
            skipped: None,
            took: Duration::ZERO,
            test_time: Duration::ZERO,
            overhead: Duration::ZERO,
        }
    }

    /// Returns whether the test passed: without findings, without a failure or a difference in the baseline, and without a
    /// gap that is not allowed.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
            && self.baseline_failure.is_none()
            && self.difference.is_none()
            && self.gaps.is_empty()
    }

    /// Returns the problems that the test failed with without any fault; nothing was explored then.
    #[must_use]
    pub fn baseline_failure(&self) -> Option<&Finding> {
        self.baseline_failure.as_ref()
    }

    /// Returns what the exploration did not show, unless it is [allowed](crate::Exploration::allow).
    #[must_use]
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// Returns what the exploration did not show and is [allowed](crate::Exploration::allow).
    #[must_use]
    pub fn allowed_gaps(&self) -> &[Gap] {
        &self.allowed_gaps
    }

    /// Returns how often each set of faults was tried.
    #[must_use]
    pub fn tries(&self) -> usize {
        self.tries
    }

    /// Returns the report of an exploration that `CHAOS_REPLAY` is not for, and prints that it is skipped.
    #[allow(
        clippy::print_stderr,
        reason = "a test that shows nothing must say so where its output is read"
    )]
    pub(crate) fn skipped(test: String, seed: u64) -> Self {
        eprintln!("CHAOS_REPLAY is for {test}, so this exploration is skipped");
        Self {
            skipped: Some(test),
            ..Self::new(seed, 0)
        }
    }

    /// Returns whether the baseline had the operation.
    pub(crate) fn has_operation(&self, id: &OperationId) -> bool {
        self.operations
            .iter()
            .any(|operation| id.matches(operation))
    }

    /// Moves gaps to those that are allowed.
    pub(crate) fn allow(&mut self, allowed: &BTreeSet<Gap>) {
        let gaps = std::mem::take(&mut self.gaps).into_iter();
        (self.allowed_gaps, self.gaps) = gaps.partition(|gap| allowed.contains(gap));
    }

    pub(crate) fn add_gap(&mut self, gap: Gap) {
        if !self.gaps.contains(&gap) {
            self.gaps.push(gap);
        }
    }

    /// Returns whether nothing was explored because `CHAOS_REPLAY` is for another test.
    #[must_use]
    pub fn is_skipped(&self) -> bool {
        self.skipped.is_some()
    }

    /// Returns the first difference in the order of operations, if there is one.
    #[must_use]
    pub fn order_difference(&self) -> Option<&OrderDifference> {
        self.order_difference.as_ref()
    }

    /// Returns how runs disturb each other, if a baseline failed because of another one.
    #[must_use]
    pub fn shared_state(&self) -> Option<SharedState> {
        self.shared_state
    }

    /// Returns the act's reply without faults in its `Debug` format, if it is always the same.
    #[must_use]
    pub fn baseline_reply(&self) -> Option<&str> {
        self.baseline_reply.as_deref()
    }

    /// Returns the findings under faults, in the order of their discovery.
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

    /// Returns the number of sets of this many faults that an exploration tried, also 0 for those of a replay.
    #[must_use]
    pub fn sets_tried_of_size(&self, faults: usize) -> usize {
        let index = faults.checked_sub(1);
        index
            .and_then(|at| self.tried_by_size.get(at).copied())
            .unwrap_or(0)
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

impl fmt::Display for OrderDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |id: &Option<OperationId>| match id {
            Some(id) => format!("`{id}`"),
            None => "nothing".to_owned(),
        };
        write!(
            f,
            "operation {} was {} in one run, and {} in another",
            self.position,
            name(&self.expected),
            name(&self.found)
        )
    }
}
