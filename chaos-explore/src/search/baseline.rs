//! The two runs without faults that everything else is compared with.

use std::collections::HashSet;

use crate::placement::operation_id::OperationId;
use crate::report::Difference;
use crate::report::finding::Finding;
use crate::search::{Search, SurvivedSet};
use crate::trial::result::TrialResult;

impl Search<'_> {
    /// Runs the test twice without faults; returns `None` if the results make faults pointless.
    pub(super) fn run_baseline(&mut self) -> Option<SurvivedSet> {
        let results = self.run_all(&[Vec::new(), Vec::new()]);
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
        if let Some(failed) = [&first, &second].into_iter().find(|one| one.has_failed()) {
            let finding = Finding::new(Vec::new(), failed.problems.clone());
            self.report.findings.push(finding);
            return None;
        }
        if !difference.only_first.is_empty() || !difference.only_second.is_empty() {
            self.report.difference = Some(difference);
            return None;
        }
        self.baseline_tasks = Some(first.remaining_tasks.max(second.remaining_tasks));
        self.baseline_reply = first
            .reply
            .filter(|reply| Some(reply) == second.reply.as_ref());
        Some(SurvivedSet {
            placements: Vec::new(),
            trace: first.trace,
        })
    }
}

/// Returns the operations that the other run lacks.
fn missing(operations: &[OperationId], other: &[OperationId]) -> Vec<OperationId> {
    let other: HashSet<_> = other.iter().collect();
    let missing = operations.iter().filter(|id| !other.contains(id));
    missing.cloned().collect()
}
