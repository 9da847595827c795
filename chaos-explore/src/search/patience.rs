//! Findings that are only due to the virtual clock's impatience with a slow peer.

use std::time::Duration;

use crate::placement::Placement;
use crate::search::Search;
use crate::trial::purpose::{Expectations, Patience, Purpose};
use crate::trial::result::TrialResult;

/// The longest time that a run is patient, and the part of its limit that this may take.
const LONGEST: Duration = Duration::from_secs(10);
const PART_OF_LIMIT: u32 = 3;

impl Search<'_> {
    /// Repeats a failed run with more patience if a call got no reply in it while virtual time passed.
    ///
    /// The peer may be slower under a fault than in the baseline, on a thread that the virtual clock can't observe. Returns
    /// the result with more patience, unless that shows nothing about the peer.
    pub(super) fn repeat_patiently(
        &mut self,
        placements: &[Placement],
        result: &TrialResult,
    ) -> Option<TrialResult> {
        let may_be_impatient = result.has_failed()
            && !result.has_only_tasks_left()
            && !result.is_stuck()
            && !result.unanswered.is_empty();
        if !may_be_impatient || self.report.runs >= self.limits.runs {
            return None;
        }
        let at_most = LONGEST.min(self.runner.stuck_after / PART_OF_LIMIT);
        let purpose = Purpose::Faults(Expectations {
            patience: Patience::Long { at_most },
            ..self.expectations
        });
        let patient = self
            .run_all(&[(placements.to_vec(), purpose)])
            .pop()
            .flatten()?;
        if patient.is_stuck() {
            return None;
        }
        if patient.has_failed() {
            return Some(patient);
        }
        // A test that passes although a call got no reply varies for another reason.
        if !patient.unanswered.is_empty() {
            return None;
        }
        let longest = self.expectations.longest_call.max(patient.longest_call);
        self.expectations.longest_call = longest;
        Some(patient)
    }
}
