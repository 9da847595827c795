//! What an exploration found, and what it did for it.

use std::time::Duration;

use serde::Serialize;

use crate::{Absorption, Finding, OperationId};

/// What an exploration found, and what it did for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    pub(crate) seed: u64,
    pub(crate) depth: usize,
    pub(crate) runs: usize,
    pub(crate) tried: usize,
    pub(crate) operations: Vec<OperationId>,
    pub(crate) operations_beyond: usize,
    pub(crate) findings: Vec<Finding>,
    pub(crate) absorption: Vec<Absorption>,
    pub(crate) pruned: Pruned,
    pub(crate) unreached: Vec<String>,
    pub(crate) unexplored: Option<Unexplored>,
    pub(crate) differs: Option<Difference>,
    #[serde(with = "crate::duration_text")]
    pub(crate) took: Duration,
    #[serde(with = "crate::duration_text")]
    pub(crate) in_tests: Duration,
    #[serde(with = "crate::duration_text")]
    pub(crate) around_tests: Duration,
}

/// What was not tried because it could show nothing new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Pruned {
    /// Sets that hold a smaller one which was found already.
    pub hold_a_finding: usize,
    /// Faults at operations that an outage strikes anyway.
    pub within_an_outage: usize,
}

/// What was left unexplored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Unexplored {
    /// How many faults come together where it ended.
    pub depth: usize,
    /// How many placements of that depth were not tried; those that these would have led to are not counted.
    pub placements: usize,
    /// Which limit was reached.
    pub limit: String,
}

/// How two runs without any fault differed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// Operations that only the first met.
    pub only_first: Vec<OperationId>,
    /// Operations that only the second met.
    pub only_second: Vec<OperationId>,
}

impl Report {
    /// Whether nothing was found, in a test that is the same twice, and not for want of trying.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty() && self.differs.is_none() && !self.shows_nothing()
    }

    /// Whether nothing was tried, for want of time, of runs, or of the operations of a replay.
    fn shows_nothing(&self) -> bool {
        self.tried == 0 && (self.unexplored.is_some() || !self.unreached.is_empty())
    }

    /// What does not survive, in the order in which it was found.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The operations met without any fault, in their order.
    #[must_use]
    pub fn operations(&self) -> &[OperationId] {
        &self.operations
    }

    /// How many operations of one run were too many to be recorded, at most: no fault was placed at those.
    #[must_use]
    pub fn operations_beyond(&self) -> usize {
        self.operations_beyond
    }

    /// What became of each single fault.
    #[must_use]
    pub fn absorption(&self) -> &[Absorption] {
        &self.absorption
    }

    /// How often the test was run, in all.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.runs
    }

    /// How many sets of faults were tried; a finding is run once more, and the test twice without any.
    #[must_use]
    pub fn sets_tried(&self) -> usize {
        self.tried
    }

    /// What was not tried because it could show nothing new.
    #[must_use]
    pub fn pruned(&self) -> Pruned {
        self.pruned
    }

    /// What was left unexplored, if a limit was reached.
    #[must_use]
    pub fn unexplored(&self) -> Option<&Unexplored> {
        self.unexplored.as_ref()
    }

    /// Placements whose operation did not come, though it had without the last of them: the test varies.
    #[must_use]
    pub fn unreached(&self) -> &[String] {
        &self.unreached
    }

    /// How two runs without any fault differed, if they did; then nothing else was tried.
    #[must_use]
    pub fn difference(&self) -> Option<&Difference> {
        self.differs.as_ref()
    }

    /// How long it took.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.took
    }

    /// How long the test's own parts took, all runs together.
    #[must_use]
    pub fn time_in_tests(&self) -> Duration {
        self.in_tests
    }

    /// How long it took to begin and end the runs, all together.
    #[must_use]
    pub fn time_around_tests(&self) -> Duration {
        self.around_tests
    }

    /// The report for machines.
    ///
    /// # Errors
    ///
    /// Never, as it is; JSON can hold all of it.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }
}
