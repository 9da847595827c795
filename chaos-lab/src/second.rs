//! What was measured in one second, which says whether the target was steady in it.

use crate::record::RecordEntry;
use crate::statistics::Proportion;

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
    /// Takes in what says something about the target.
    pub(crate) fn measure(&mut self, entry: &RecordEntry) {
        if let Some(failed) = entry.failed_requests() {
            self.failed.add(failed);
        }
        if let Some(failed) = entry.failed_probes() {
            let so_far = self.is_healthy.unwrap_or(true);
            self.is_healthy = Some(so_far && failed.count() == 0);
        }
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
