//! Replays of a set of faults, and of a request's history.

use crate::history::History;
use crate::placement::Placement;
use crate::report::Report;
use crate::report::finding::Finding;
use crate::report::problem::Problem;
use crate::search::Search;

impl Search<'_> {
    /// Tries one set of faults.
    pub(crate) fn replay(mut self, placements: Vec<Placement>) -> Report {
        if let Some(problems) = self.replay_set(&placements) {
            let finding = Finding::new(placements, problems);
            self.report.findings.push(finding);
        }
        self.finish()
    }

    /// Tries the faults of a request, and reduces them to those that matter.
    pub(crate) fn replay_history(mut self, history: &History) -> Report {
        let placements = history.placements();
        if let Some(problems) = self.replay_set(placements) {
            let (placements, problems) = self.minimize(placements.to_vec(), problems);
            let finding = Finding::new(placements, problems);
            self.report.findings.push(finding);
        }
        self.finish()
    }

    /// Runs one set if the baseline passes, and returns the problems if the test fails under the set.
    fn replay_set(&mut self, placements: &[Placement]) -> Option<Vec<Problem>> {
        let depth = placements.len();
        self.report.depth = depth;
        self.run_baseline()?;
        let Some(result) = self.run_all(&[placements.to_vec()]).pop().flatten() else {
            self.record_unexplored(depth, 1, "time");
            return None;
        };
        self.record_if_unreached(placements, &result);
        self.report.sets_tried += usize::from(result.has_injected(placements));
        result.has_failed().then_some(result.problems)
    }

    /// Removes each fault without which the test still fails.
    fn minimize(
        &mut self,
        mut placements: Vec<Placement>,
        mut problems: Vec<Problem>,
    ) -> (Vec<Placement>, Vec<Problem>) {
        let mut at = 0;
        while placements.len() > 1 && at < placements.len() {
            let mut fewer = placements.clone();
            fewer.remove(at);
            let result = self.run_all(std::slice::from_ref(&fewer)).pop().flatten();
            match result {
                Some(result) if result.has_failed() => {
                    (placements, problems) = (fewer, result.problems);
                }
                _ => at += 1,
            }
        }
        (placements, problems)
    }
}
