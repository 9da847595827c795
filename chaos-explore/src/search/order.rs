//! Whether operations come in the same order in each run, as far as faults can strike them.

use crate::placement::operation_id::OperationId;
use crate::report::OrderDifference;
use crate::report::gap::Gap;
use crate::search::{NextSet, Search};
use crate::trial::recorded_operation::RecordedOperation;
use crate::trial::result::TrialResult;

impl Search<'_> {
    /// Records the first difference between two runs that should have the same operations.
    pub(super) fn compare_order(
        &mut self,
        expected: &[RecordedOperation],
        found: &[RecordedOperation],
    ) {
        if self.report.order_difference.is_some() {
            return;
        }
        let (expected, found) = (self.explored(expected), self.explored(found));
        let longest = expected.len().max(found.len());
        let differs = (0..longest).find(|at| expected.get(*at) != found.get(*at));
        let Some(at) = differs else {
            return;
        };
        self.report.order_difference = Some(OrderDifference {
            position: at + 1,
            expected: expected.get(at).copied().cloned(),
            found: found.get(at).copied().cloned(),
        });
        // Several tries are meant to have different orders.
        if self.limits.tries.get() == 1 {
            self.report.add_gap(Gap::OrderVaries);
        }
    }

    /// Compares a run of a set with the one that the set was derived from, up to the last fault.
    pub(super) fn compare_with_set(&mut self, set: &NextSet<'_>, result: &TrialResult) {
        if !result.trace.is_empty() {
            let length = result.trace.len().min(set.common.len());
            self.compare_order(set.common, &result.trace[..length]);
        }
    }

    /// Compares a run with the baseline, up to the first operation that a fault struck.
    pub(super) fn compare_with_baseline(
        &mut self,
        baseline: &[RecordedOperation],
        result: &TrialResult,
    ) {
        let mut trace = result.trace.iter();
        let struck = trace.position(|operation| !operation.struck_by.is_empty());
        let Some(at) = struck else {
            return;
        };
        let length = baseline.len().min(at + 1);
        self.compare_order(&baseline[..length], &result.trace[..=at]);
    }

    /// Returns the operations that a fault can strike.
    fn explored<'a>(&self, trace: &'a [RecordedOperation]) -> Vec<&'a OperationId> {
        let trace = trace.iter();
        let explored = trace.filter(|one| self.faults.supported_by(one).next().is_some());
        explored.map(|one| &one.id).collect()
    }
}
