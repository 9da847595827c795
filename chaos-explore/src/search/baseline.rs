//! The two runs without faults that everything else is compared with.

use std::collections::{BTreeSet, HashSet};

use crate::placement::operation_id::OperationId;
use crate::report::finding::Finding;
use crate::report::gap::Gap;
use crate::report::{Difference, SharedState};
use crate::search::{Search, SurvivedSet};
use crate::trial::purpose::{Expectations, Patience, Purpose};
use crate::trial::result::TrialResult;

impl Search<'_> {
    /// Runs the test twice without faults; returns `None` if the results make faults pointless.
    pub(super) fn run_baseline(&mut self) -> Option<SurvivedSet> {
        let results = self.run_all(&[
            (Vec::new(), Purpose::Baseline),
            (Vec::new(), Purpose::SettledBaseline),
        ]);
        let Ok([Some(first), Some(second)]) = <[_; 2]>::try_from(results) else {
            self.record_unexplored(0, 2, "time");
            return None;
        };
        let ids = |result: &TrialResult| -> Vec<OperationId> {
            let trace = result.trace.iter();
            trace.map(|operation| operation.id.clone()).collect()
        };
        let (first_ids, second_ids) = (ids(&first), ids(&second));
        let difference = Difference {
            only_first: missing(&first_ids, &second_ids),
            only_second: missing(&second_ids, &first_ids),
        };
        self.report.operations = first_ids;
        self.report
            .failed_without_faults
            .clone_from(&first.failures);
        if let Some(failed) = [&first, &second].into_iter().find(|one| one.has_failed()) {
            self.report.baseline_failure = Some(Finding::new(Vec::new(), failed));
            self.report.shared_state = self.find_shared_state(&first, &second);
            return None;
        }
        if !difference.only_first.is_empty() || !difference.only_second.is_empty() {
            self.report.difference = Some(difference);
            return None;
        }
        self.compare_order(&first.trace, &second.trace);
        self.record_baseline_gaps([&first, &second]);
        self.expectations = Expectations {
            remaining_tasks: first.remaining_tasks.max(second.remaining_tasks),
            longest_call: first.longest_call.max(second.longest_call),
            patience: Patience::Learnt,
        };
        self.report.baseline_reply = first
            .reply
            .filter(|reply| Some(reply) == second.reply.as_ref());
        Some(SurvivedSet {
            placements: Vec::new(),
            trace: first.trace,
        })
    }

    /// Returns why a baseline may have failed, if it is because of another one.
    fn find_shared_state(
        &mut self,
        first: &TrialResult,
        second: &TrialResult,
    ) -> Option<SharedState> {
        if first.is_stuck() || second.is_stuck() {
            return None;
        }
        if self.runner.threads == 1 {
            return (!first.has_failed()).then_some(SharedState::InSequence);
        }
        let alone = self.run_all(&[(Vec::new(), Purpose::Baseline)]).pop()??;
        (!alone.has_failed()).then_some(SharedState::AtOnce)
    }

    fn record_baseline_gaps(&mut self, baselines: [&TrialResult; 2]) {
        if self.report.operations.is_empty() {
            self.report.add_gap(Gap::NoOperations);
        }
        let late = baselines.iter().flat_map(|one| &one.late);
        let late = late.filter(|one| self.faults.supported_by(one).next().is_some());
        let late: BTreeSet<_> = late.map(|one| one.id.kind_and_name()).collect();
        if !late.is_empty() {
            self.report.late_operations = late.into_iter().collect();
            self.report.add_gap(Gap::LateOperations);
        }
        let unanswered = baselines.iter().flat_map(|one| &one.unanswered);
        let unanswered: BTreeSet<_> = unanswered.map(ToString::to_string).collect();
        if !unanswered.is_empty() {
            self.report.unanswered = unanswered.into_iter().collect();
            self.report.add_gap(Gap::Unanswered);
        }
    }
}

/// Returns the operations that the other run lacks.
fn missing(operations: &[OperationId], other: &[OperationId]) -> Vec<OperationId> {
    let other: HashSet<_> = other.iter().collect();
    let missing = operations.iter().filter(|id| !other.contains(id));
    missing.cloned().collect()
}
