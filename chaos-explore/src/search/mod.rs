//! Which sets of faults are tried, and in which order.
//!
//! The search is breadth-first: it tries single faults at each operation of the baseline, then adds a second fault at each
//! operation after the one that the first fault struck, and so on. A trial equals its predecessor up to the operation that
//! its last fault strikes. Each set is therefore reached in exactly one order, the one in which its faults strike, and no
//! set is tried twice.

mod baseline;
mod progress;
mod replay;

use std::time::Instant;

use crate::faults::Faults;
use crate::placement::{Placement, format_line};
use crate::report::fate::FaultFate;
use crate::report::finding::{Finding, ReplayOutcome};
use crate::report::problem::Problem;
use crate::report::{Report, Unexplored};
use crate::runner::Runner;
use crate::search::progress::Progress;
use crate::trial::recorded_operation::RecordedOperation;
use crate::trial::result::TrialResult;

/// A search and its report so far.
pub(crate) struct Search<'a> {
    runner: &'a Runner,
    faults: &'a Faults,
    max_runs: usize,
    progress: Progress,
    /// The number of tasks that the test leaves running without faults.
    baseline_tasks: Option<usize>,
    /// The act's reply without faults, if it is always the same.
    baseline_reply: Option<String>,
    report: Report,
}

/// A set of faults that the test survived, and the operations of that trial.
struct SurvivedSet {
    placements: Vec<Placement>,
    trace: Vec<RecordedOperation>,
}

impl<'a> Search<'a> {
    pub(crate) fn new(
        runner: &'a Runner,
        faults: &'a Faults,
        depth: usize,
        max_runs: usize,
        started: Instant,
    ) -> Self {
        Self {
            runner,
            faults,
            max_runs,
            progress: Progress::new(started),
            baseline_tasks: None,
            baseline_reply: None,
            report: Report::new(runner.config.seed, depth),
        }
    }

    /// Tries every set of faults up to the depth.
    pub(crate) fn explore(mut self) -> Report {
        if let Some(baseline) = self.run_baseline() {
            let mut survived = vec![baseline];
            for depth in 1..=self.report.depth {
                survived = self.explore_depth(depth, &survived);
                if survived.is_empty() || self.report.unexplored.is_some() {
                    break;
                }
            }
        }
        self.finish()
    }

    /// Adds one fault to each survived set in every possible way, and returns the sets that the test survives.
    fn explore_depth(&mut self, depth: usize, survived: &[SurvivedSet]) -> Vec<SurvivedSet> {
        let mut sets = Vec::new();
        for set in survived {
            self.extend(set, &mut sets);
        }
        let remaining_runs = self.max_runs.saturating_sub(self.report.runs);
        let over_limit = sets.split_off(remaining_runs.min(sets.len())).len();
        let results = self.run_all(&sets);
        let mut next = Vec::new();
        let mut not_run = 0;
        for (placements, result) in sets.into_iter().zip(results) {
            let Some(result) = result else {
                not_run += 1;
                continue;
            };
            self.report.sets_tried += 1;
            if let [single] = &placements[..] {
                self.report.fates.push(FaultFate {
                    operation: single.operation.clone(),
                    fault_case: single.fault_case.clone(),
                    fate: result.fate(self.baseline_reply.as_deref()),
                });
            }
            if result.has_failed() {
                self.record_finding(placements, result.problems);
                continue;
            }
            self.record_if_unreached(&placements, &result);
            // Without an injection the trial equals the one without the last fault.
            if result.has_injected(&placements) {
                next.push(SurvivedSet {
                    placements,
                    trace: result.trace,
                });
            }
        }
        if not_run > 0 {
            self.record_unexplored(depth, not_run + over_limit, "time");
        } else if over_limit > 0 {
            self.record_unexplored(depth, over_limit, "runs");
        }
        next
    }

    /// Adds each fault at each operation after the one that the set's last fault struck.
    fn extend(&mut self, set: &SurvivedSet, sets: &mut Vec<Vec<Placement>>) {
        let first = match set.placements.len().checked_sub(1) {
            None => 0,
            Some(last) => {
                let mut trace = set.trace.iter();
                let struck = trace.position(|operation| operation.is_struck_by(last));
                struck.map_or(usize::MAX, |at| at + 1)
            }
        };
        for operation in set.trace.iter().skip(first) {
            for fault_case in self.faults.supported_by(operation) {
                let is_replaced = operation
                    .struck_by
                    .iter()
                    .any(|at| set.placements[*at].fault_case.replaces_operation());
                if is_replaced {
                    self.report.pruned.within_an_outage += 1;
                    continue;
                }
                let mut placements = set.placements.clone();
                placements.push(Placement {
                    operation: operation.id.clone(),
                    fault_case: fault_case.clone(),
                });
                let contains_finding = self.report.findings.iter().any(|finding| {
                    let mut found = finding.placements.iter();
                    found.all(|placement| placements.contains(placement))
                });
                if contains_finding {
                    self.report.pruned.supersets_of_findings += 1;
                } else {
                    sets.push(placements);
                }
            }
        }
    }

    /// Replays a set that the test failed under, and adds it to the findings.
    ///
    /// The set is minimal: every smaller set was tried before, except those whose operations didn't occur.
    fn record_finding(&mut self, placements: Vec<Placement>, problems: Vec<Problem>) {
        let mut finding = Finding::new(placements.clone(), problems);
        let is_stuck = |problem: &Problem| matches!(problem, Problem::Stuck { .. });
        let may_run = self.report.runs < self.max_runs && !finding.problems.iter().any(is_stuck);
        let replayed = may_run.then(|| self.run_all(&[placements]).pop().flatten());
        finding.replay = match replayed.flatten() {
            Some(result) if result.has_failed() => ReplayOutcome::Reproduced,
            Some(_) => ReplayOutcome::NotReproduced,
            None => ReplayOutcome::NotReplayed,
        };
        self.report.findings.push(finding);
    }

    fn record_if_unreached(&mut self, placements: &[Placement], result: &TrialResult) {
        // A trial that was stuck, or whose faults could not be placed, has no trace.
        let has_trace = !result.has_failed() || !result.trace.is_empty();
        if has_trace && !result.has_reached(placements) {
            self.report.unreached_sets.push(format_line(placements));
        }
    }

    fn run_all(&mut self, sets: &[Vec<Placement>]) -> Vec<Option<TrialResult>> {
        let Report { runs, findings, .. } = &self.report;
        let progress = &mut self.progress;
        let results = self.runner.run_all(sets, self.baseline_tasks, |finished| {
            progress.print(runs + finished, findings.len());
        });
        for result in results.iter().flatten() {
            self.report.runs += 1;
            if !result.has_failed() {
                let most = self.report.unrecorded_operations.max(result.unrecorded);
                self.report.unrecorded_operations = most;
            }
            self.report.test_time += result.test_time;
            self.report.overhead += result.overhead;
        }
        results
    }

    fn record_unexplored(&mut self, depth: usize, placements: usize, limit: &str) {
        self.report.unexplored = Some(Unexplored {
            depth,
            placements,
            limit: format!("the limit of {limit} was reached"),
        });
    }

    fn finish(mut self) -> Report {
        self.report.took = self.progress.elapsed();
        self.report
    }
}
