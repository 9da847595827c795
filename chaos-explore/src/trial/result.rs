//! The observations of a trial.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::placement::Placement;
use crate::report::fate::Fate;
use crate::report::problem::{Problem, TestPart};
use crate::report::site_failures::SiteFailures;
use crate::trial::panics::{LoggedPanic, Origin};
use crate::trial::recorded_operation::RecordedOperation;

/// The observations of a trial.
#[derive(Debug)]
pub(crate) struct TrialResult {
    /// The part of the test that ran last.
    pub(crate) last_part: TestPart,
    pub(crate) trace: Vec<RecordedOperation>,
    /// The operations of tasks that the act left running.
    pub(crate) late: Vec<RecordedOperation>,
    /// The services of the sites that the test has, in a baseline.
    pub(crate) services: BTreeSet<String>,
    /// The services of calls that ended without a reply after virtual time had passed.
    pub(crate) unanswered: Vec<Arc<str>>,
    /// The sites with operations of the act that failed, in a baseline.
    pub(crate) failures: Vec<SiteFailures>,
    /// The longest time that a call took while no virtual time passed.
    pub(crate) longest_call: Duration,
    /// The virtual time of the act and the verification.
    pub(crate) virtual_time: Duration,
    /// How long the act took, on the trial's clock.
    pub(crate) act_took: Duration,
    /// The number of operations after the recording limit was reached.
    pub(crate) unrecorded: usize,
    /// The act's reply in its `Debug` format.
    pub(crate) reply: Option<String>,
    pub(crate) problems: Vec<Problem>,
    /// The number of operations that each placement was injected into.
    pub(crate) injected: Vec<u64>,
    pub(crate) remaining_tasks: usize,
    pub(crate) test_time: Duration,
    pub(crate) overhead: Duration,
}

impl TrialResult {
    /// Creates the result of a trial that hasn't started.
    pub(crate) fn new() -> Self {
        Self {
            last_part: TestPart::World,
            trace: Vec::new(),
            late: Vec::new(),
            services: BTreeSet::new(),
            unanswered: Vec::new(),
            failures: Vec::new(),
            longest_call: Duration::ZERO,
            virtual_time: Duration::ZERO,
            act_took: Duration::ZERO,
            unrecorded: 0,
            reply: None,
            problems: Vec::new(),
            injected: Vec::new(),
            remaining_tasks: 0,
            test_time: Duration::ZERO,
            overhead: Duration::ZERO,
        }
    }

    /// Adds the panics of the part that ran last.
    pub(crate) fn add_panics(&mut self, panics: Vec<LoggedPanic>) {
        let part = self.last_part;
        let problems = panics
            .into_iter()
            .map(|LoggedPanic { message, origin }| match origin {
                Origin::Test => Problem::Panicked { part, message },
                Origin::Task => Problem::TaskPanicked { part, message },
            });
        self.problems.extend(problems);
    }

    pub(crate) fn has_failed(&self) -> bool {
        !self.problems.is_empty()
    }

    pub(crate) fn is_stuck(&self) -> bool {
        let mut problems = self.problems.iter();
        problems.any(|problem| matches!(problem, Problem::Stuck { .. }))
    }

    /// Returns whether the trial failed only because tasks were left running.
    pub(crate) fn has_only_tasks_left(&self) -> bool {
        self.has_failed() && self.problems.iter().all(Problem::is_tasks_left)
    }

    /// Returns whether the operation of each placement occurred.
    pub(crate) fn has_reached(&self, placements: &[Placement]) -> bool {
        let is_struck = |at| {
            self.trace
                .iter()
                .any(|operation| operation.is_struck_by(at))
        };
        (0..placements.len()).all(is_struck)
    }

    /// Returns whether each placement was injected; an operation may end before its fault is due.
    pub(crate) fn has_injected(&self, placements: &[Placement]) -> bool {
        self.has_reached(placements) && self.injected.iter().all(|injected| *injected > 0)
    }

    /// Returns whether the operation that was struck belongs to no request.
    pub(crate) fn has_struck_no_request(&self) -> bool {
        let mut struck = self.trace.iter().filter(|one| !one.struck_by.is_empty());
        struck.next().is_some_and(|one| !one.is_in_request)
    }

    /// Returns the fate of a single fault, given the reply without it if that is always the same.
    pub(crate) fn fate(&self, baseline: Option<&str>) -> Fate {
        let struck = self.trace.iter().find(|one| !one.struck_by.is_empty());
        match (baseline, &self.reply) {
            _ if self.has_failed() => Fate::Found,
            _ if self.injected.contains(&0) => Fate::Unknown,
            (Some(baseline), Some(reply)) if baseline != reply => Fate::Surfaced,
            (Some(_), Some(_)) if struck.is_some_and(|one| one.is_in_request) => Fate::Absorbed,
            _ => Fate::Unknown,
        }
    }
}
