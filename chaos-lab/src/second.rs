//! What was measured in one second, which says whether the target was steady in it.

use crate::load::Sample;
use crate::record::{OutcomeSample, ProbeSample};
use crate::statistics::{Counted, Proportion};

/// What was measured in one second.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Second {
    pub(crate) failed: Proportion,
    is_healthy: Option<bool>,
}

/// What a second says about the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Good,
    /// A probe failed, or more requests did than the limit allows.
    Failed,
    /// Nothing was measured in it.
    Unknown,
}

impl Second {
    pub(crate) fn request(&mut self, sample: &Sample) {
        self.failed.add(Counted::when(!sample.ok));
    }

    pub(crate) fn outcomes(&mut self, sample: &OutcomeSample) {
        self.failed.add(sample.failed);
    }

    pub(crate) fn probe(&mut self, sample: &ProbeSample) {
        let so_far = self.is_healthy.unwrap_or(true);
        self.is_healthy = Some(so_far && sample.problem.is_none());
    }

    pub(crate) fn state(self, error_limit: f64) -> State {
        match (self.failed.share(), self.is_healthy) {
            (None, None) => State::Unknown,
            (_, Some(false)) => State::Failed,
            (Some(share), _) if share > error_limit => State::Failed,
            _ => State::Good,
        }
    }
}
