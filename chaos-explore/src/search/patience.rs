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
    /// Repeats a run with more patience if a call got no reply in it while virtual time passed.
    ///
    /// The peer may be slower under a fault than in the baseline, on a thread that the virtual clock can't observe. The run
    /// then says nothing, whether it has failed or not. Returns the result with more patience, unless that shows nothing
    /// about the peer.
    pub(super) fn repeat_patiently(
        &mut self,
        placements: &[Placement],
        result: &TrialResult,
    ) -> Option<TrialResult> {
        if !self.may_be_impatient(result) || self.report.runs >= self.limits.runs {
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
        if patient.unanswered.is_empty() {
            // Later runs are as patient from the start.
            let longest = self.expectations.longest_call.max(patient.longest_call);
            self.expectations.longest_call = longest;
            return Some(patient);
        }
        self.unanswerable.extend(patient.unanswered.iter().cloned());
        // A test that passes although a call got no reply varies for another reason.
        patient.has_failed().then_some(patient)
    }

    fn may_be_impatient(&self, result: &TrialResult) -> bool {
        if result.has_only_tasks_left() || result.is_stuck() {
            return false;
        }
        // Patience costs real time, so a run that has passed is not repeated for a peer that had no use for it before.
        let mut unanswered = result.unanswered.iter();
        unanswered.any(|service| result.has_failed() || !self.unanswerable.contains(service))
    }
}
