//! The outcome of a response, which a failing body can still change.

use chaos_core::adapter::{Observation, Outcome};

/// The outcome of a response whose head is a success, but whose body may still fail.
///
/// It is reported once: as a failure when the body fails, else as a success when the body has ended or is dropped.
#[derive(Debug)]
pub(crate) struct BodyOutcome(Option<Observation>);

/// The cause of a failed body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    Injected,
    Real,
}

impl BodyOutcome {
    pub(crate) fn success_so_far(mut observation: Observation) -> Self {
        observation.stop_clock();
        Self(Some(observation))
    }

    pub(super) fn report_failure(mut self, cause: Cause) {
        if let Some(mut observation) = self.0.take() {
            if cause == Cause::Injected {
                observation.treated();
            }
            observation.finish(Outcome::Failure);
        }
    }
}

impl Drop for BodyOutcome {
    fn drop(&mut self) {
        if let Some(observation) = self.0.take() {
            observation.finish(Outcome::Success);
        }
    }
}
