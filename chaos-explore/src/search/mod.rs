//! Which sets of faults are tried, and in which order.
//!
//! The search is breadth-first: it tries single faults at each operation of the baseline, then adds a second fault at each
//! operation after the one that the first fault struck, and so on. A trial equals its predecessor up to the operation that
//! its last fault strikes. Each set is therefore reached in exactly one order, the one in which its faults strike, and no
//! set is tried twice.

mod baseline;
mod order;
mod patience;
mod progress;
mod replay;
mod tries;
mod unknown_services;

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;

use crate::faults::Faults;
use crate::placement::{Placement, format_line};
use crate::report::fate::{Fate, FaultFate};
use crate::report::finding::{Finding, ReplayOutcome};
use crate::report::gap::Gap;
use crate::report::problem::Problem;
use crate::report::{Report, Unexplored};
use crate::runner::Runner;
use crate::search::progress::Progress;
use crate::search::tries::Tries;
use crate::trial::purpose::{Expectations, Purpose};
use crate::trial::recorded_operation::RecordedOperation;
use crate::trial::result::TrialResult;

/// The limits of a search.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SearchLimits {
    /// The largest number of faults in one set.
    pub(crate) depth: usize,
    /// The largest number of runs.
    pub(crate) runs: usize,
    /// How often each set is tried.
    pub(crate) tries: NonZeroUsize,
}

/// A search and its report so far.
pub(crate) struct Search<'a> {
    runner: &'a Runner,
    faults: &'a Faults,
    limits: SearchLimits,
    progress: Progress,
    /// What the baseline has shown.
    expectations: Expectations,
    /// The services that a run has met.
    services: BTreeSet<String>,
    /// The services that did not reply to a call, however long it waited.
    unanswerable: BTreeSet<Arc<str>>,
    /// The number of sets whose faults were all injected.
    injected_sets: usize,
    report: Report,
}

/// A set of faults that the test survived, and the operations of that trial.
struct SurvivedSet {
    placements: Vec<Placement>,
    trace: Vec<RecordedOperation>,
}

/// A set to try, and the operations up to the one that its last fault strikes.
struct NextSet<'t> {
    placements: Vec<Placement>,
    common: &'t [RecordedOperation],
}

impl<'a> Search<'a> {
    pub(crate) fn new(
        runner: &'a Runner,
        faults: &'a Faults,
        limits: SearchLimits,
        started: Instant,
    ) -> Self {
        Self {
            runner,
            faults,
            limits,
            progress: Progress::new(started),
            expectations: Expectations::default(),
            services: BTreeSet::new(),
            unanswerable: BTreeSet::new(),
            injected_sets: 0,
            report: Report {
                tries: limits.tries.get(),
                ..Report::new(runner.config.seed, limits.depth)
            },
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
            let has_tried = self.injected_sets > 0 || !self.report.findings.is_empty();
            let has_operations = !self.report.operations.is_empty();
            if has_operations && !has_tried && self.report.unexplored.is_none() {
                self.report.add_gap(Gap::NothingInjected);
            }
            self.record_unknown_services();
        }
        self.finish()
    }

    /// Adds one fault to each survived set in every possible way, and returns the sets that the test survives.
    fn explore_depth(&mut self, depth: usize, survived: &[SurvivedSet]) -> Vec<SurvivedSet> {
        let mut sets = Vec::new();
        for set in survived {
            self.extend(set, &mut sets);
        }
        let remaining_runs = self.limits.runs.saturating_sub(self.report.runs);
        let tried_before = self.report.sets_tried;
        let remaining_sets = remaining_runs / self.limits.tries;
        let over_limit = sets.split_off(remaining_sets.min(sets.len())).len();
        let results = self.try_sets(sets.iter().map(|set| &set.placements[..]));
        let mut next = Vec::new();
        let mut not_run = 0;
        for (set, result) in sets.into_iter().zip(results) {
            let Some(Tries { telling, others }) = result else {
                not_run += 1;
                continue;
            };
            for other in &others {
                self.compare_with_set(&set, other);
            }
            let mut result = telling;
            let patient = self.repeat_patiently(&set.placements, &result);
            let is_repeated = patient.is_some();
            result = patient.unwrap_or(result);
            self.report.sets_tried += 1;
            self.injected_sets += usize::from(result.has_injected(&set.placements));
            if let [single] = &set.placements[..] {
                let mut fate = result.fate(self.report.baseline_reply.as_deref());
                if fate == Fate::Absorbed && self.report.fails_without_faults(&single.operation) {
                    fate = Fate::Unknown;
                }
                self.report.fates.push(FaultFate {
                    operation: single.operation.clone(),
                    fault_case: single.fault_case.clone(),
                    fate,
                });
                if fate == Fate::Unknown {
                    self.record_unknown_fate(single, &result);
                }
            }
            self.compare_with_set(&set, &result);
            if result.has_failed() {
                let has_only_tasks_left = result.has_only_tasks_left();
                if !has_only_tasks_left || !self.contains_finding(&set.placements, |_| true) {
                    let mut finding = Finding::new(set.placements.clone(), &result);
                    if !is_repeated {
                        self.replay_finding(&mut finding);
                    }
                    self.report.findings.push(finding);
                }
                // Tasks left running hide no other problem of a larger set.
                if !has_only_tasks_left {
                    continue;
                }
            }
            self.record_if_unreached(&set.placements, &result);
            // Without an injection the trial equals the one without the last fault.
            if result.has_injected(&set.placements) {
                next.push(SurvivedSet {
                    placements: set.placements,
                    trace: result.trace,
                });
            }
        }
        let tried = self.report.sets_tried - tried_before;
        self.report.tried_by_size.push(tried);
        if not_run > 0 {
            self.record_unexplored(depth, not_run + over_limit, "time");
        } else if over_limit > 0 {
            self.record_unexplored(depth, over_limit, "runs");
        }
        next
    }

    /// Records why the fate of a single fault is unknown.
    fn record_unknown_fate(&mut self, single: &Placement, result: &TrialResult) {
        if !result.has_injected(std::slice::from_ref(single)) {
            self.report.undue_fates += 1;
        } else if result.has_struck_no_request() {
            let operation = single.operation.clone();
            self.report.scopeless_fates.push(operation);
        }
    }

    /// Adds each fault at each operation after the one that the set's last fault struck.
    fn extend<'t>(&mut self, set: &'t SurvivedSet, sets: &mut Vec<NextSet<'t>>) {
        let first = match set.placements.len().checked_sub(1) {
            None => 0,
            Some(last) => {
                let mut trace = set.trace.iter();
                let struck = trace.position(|operation| operation.is_struck_by(last));
                struck.map_or(usize::MAX, |at| at + 1)
            }
        };
        for (at, operation) in set.trace.iter().enumerate().skip(first) {
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
                if self.contains_finding(&placements, |finding| !finding.has_only_tasks_left()) {
                    self.report.pruned.supersets_of_findings += 1;
                } else {
                    sets.push(NextSet {
                        placements,
                        common: &set.trace[..=at],
                    });
                }
            }
        }
    }

    /// Returns whether a set contains a finding of this sort.
    fn contains_finding(
        &self,
        placements: &[Placement],
        is_of_sort: impl Fn(&Finding) -> bool,
    ) -> bool {
        let mut findings = self.report.findings.iter().filter(|one| is_of_sort(one));
        findings.any(|finding| {
            let mut found = finding.placements.iter();
            found.all(|placement| placements.contains(placement))
        })
    }

    /// Replays a set that the test failed under.
    ///
    /// The set is minimal: every smaller set was tried before, except those whose operations didn't occur.
    fn replay_finding(&mut self, finding: &mut Finding) {
        let trials = vec![self.trial(&finding.placements); self.limits.tries.get()];
        let is_stuck = |problem: &Problem| matches!(problem, Problem::Stuck { .. });
        let may_run = self.report.runs < self.limits.runs && !finding.problems.iter().any(is_stuck);
        let replayed: Vec<_> = match may_run {
            true => self.run_all(&trials).into_iter().flatten().collect(),
            false => Vec::new(),
        };
        finding.replay = match &replayed[..] {
            [] => ReplayOutcome::NotReplayed,
            all if all.iter().any(TrialResult::has_failed) => ReplayOutcome::Reproduced,
            _ => ReplayOutcome::NotReproduced,
        };
    }

    /// Returns the trial of a set of faults.
    fn trial(&self, placements: &[Placement]) -> (Vec<Placement>, Purpose) {
        (placements.to_vec(), Purpose::Faults(self.expectations))
    }

    fn record_if_unreached(&mut self, placements: &[Placement], result: &TrialResult) {
        // A trial that was stuck, or whose faults could not be placed, has no trace.
        let has_trace = !result.has_failed() || !result.trace.is_empty();
        if has_trace && !result.has_reached(placements) {
            self.report.unreached_sets.push(format_line(placements));
            self.report.add_gap(Gap::Unreached);
        }
    }

    fn run_all(&mut self, trials: &[(Vec<Placement>, Purpose)]) -> Vec<Option<TrialResult>> {
        let Report { runs, findings, .. } = &self.report;
        let progress = &mut self.progress;
        let results = self.runner.run_all(trials, |finished| {
            progress.print(runs + finished, findings.len());
        });
        for result in results.iter().flatten() {
            self.report.runs += 1;
            // Only names in the list of faults are looked for in them.
            if self.faults.services().next().is_some() {
                let services = result.trace.iter().map(|one| one.id.service.to_string());
                self.services.extend(services);
                self.services.extend(result.services.iter().cloned());
            }
            if !result.has_failed() {
                let most = self.report.unrecorded_operations.max(result.unrecorded);
                self.report.unrecorded_operations = most;
                if most > 0 {
                    self.report.add_gap(Gap::LeftUnexplored);
                }
            }
            self.report.test_time += result.test_time;
            self.report.overhead += result.overhead;
        }
        results
    }

    fn record_unexplored(&mut self, depth: usize, placements: usize, limit: &str) {
        self.report.add_gap(Gap::LeftUnexplored);
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
