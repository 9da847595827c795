//! Replays of a set of faults, and of a request's history.

use crate::history::History;
use crate::placement::Placement;
use crate::placement::operation_id::OperationId;
use crate::report::Report;
use crate::report::finding::Finding;
use crate::report::gap::Gap;
use crate::search::Search;
use crate::search::tries::Tries;
use crate::trial::result::TrialResult;

impl Search<'_> {
    /// Tries one set of faults.
    pub(crate) fn replay(mut self, placements: Vec<Placement>) -> Report {
        if let Some(result) = self.replay_set(&placements) {
            self.report.findings.push(Finding::new(placements, &result));
        }
        self.finish_replay()
    }

    /// Tries the faults of a request, and reduces them to those that matter.
    pub(crate) fn replay_history(mut self, history: &History) -> Report {
        let placements = history.placements();
        if let Some(result) = self.replay_set(placements) {
            let (placements, result) = self.minimize(placements.to_vec(), result);
            self.report.findings.push(Finding::new(placements, &result));
        }
        self.finish_replay()
    }

    /// Ends a replay, which shows nothing but its set.
    fn finish_replay(mut self) -> Report {
        use Gap::{LeftUnexplored, OrderVaries, Unreached};
        let concerns_set = |gap: &Gap| matches!(gap, Unreached | LeftUnexplored | OrderVaries);
        self.report.gaps.retain(concerns_set);
        self.finish()
    }

    /// Runs one set if the baseline passes, and returns the result if the test fails under the set.
    fn replay_set(&mut self, placements: &[Placement]) -> Option<TrialResult> {
        let depth = placements.len();
        self.report.depth = depth;
        let baseline = self.run_baseline()?;
        let tried = self.try_sets([placements].into_iter()).pop().flatten();
        let Some(Tries {
            telling: result,
            others,
        }) = tried
        else {
            self.record_unexplored(depth, 1, "time");
            return None;
        };
        for tried in others.iter().chain([&result]) {
            self.compare_with_baseline(&baseline.trace, tried);
        }
        let result = self.repeat_patiently(placements, &result).unwrap_or(result);
        self.record_if_unreached(placements, &result);
        if !self.report.unreached_sets.is_empty() {
            self.record_unknown(placements, &result);
        }
        self.report.sets_tried += usize::from(result.has_injected(placements));
        result.has_failed().then_some(result)
    }

    /// Records the operations that a line names and of whose names the test has none.
    fn record_unknown(&mut self, placements: &[Placement], result: &TrialResult) {
        let operations = &self.report.operations;
        let met = || {
            operations
                .iter()
                .chain(result.trace.iter().map(|one| &one.id))
        };
        let lined = placements.iter().map(|placement| &placement.operation);
        let unknown = lined.filter(|operation| !met().any(|one| operation.has_name_of(one)));
        self.report.unknown_operations = unknown.map(OperationId::kind_and_name).collect();
    }

    /// Removes each fault without which the test still fails.
    fn minimize(
        &mut self,
        mut placements: Vec<Placement>,
        mut result: TrialResult,
    ) -> (Vec<Placement>, TrialResult) {
        let mut at = 0;
        while placements.len() > 1 && at < placements.len() {
            let mut fewer = placements.clone();
            fewer.remove(at);
            let tried = self.try_sets([&fewer[..]].into_iter()).pop().flatten();
            let tried = tried.map(|tries| tries.telling);
            let patient = tried
                .as_ref()
                .and_then(|tried| self.repeat_patiently(&fewer, tried));
            match patient.or(tried) {
                Some(failed) if failed.has_failed() => (placements, result) = (fewer, failed),
                _ => at += 1,
            }
        }
        (placements, result)
    }
}
