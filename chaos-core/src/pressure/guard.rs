//! The handle of an active pressure.

use std::sync::Arc;

use super::end::PressureEnd;
use super::engine::PressureState;
use super::level::PressureLevel;

/// The handle of an active pressure; dropping it ends the pressure without waiting.
#[derive(Debug)]
#[must_use = "dropping the guard ends the pressure at once"]
pub struct PressureGuard {
    state: Arc<PressureState>,
}

impl PressureGuard {
    #[cfg(feature = "inject")]
    pub(super) fn new(state: Arc<PressureState>) -> Self {
        Self { state }
    }

    #[cfg(test)]
    pub(super) fn state(&self) -> &PressureState {
        &self.state
    }

    /// Returns the requested and the current level.
    #[must_use]
    pub fn level(&self) -> PressureLevel {
        self.state.level()
    }

    /// Returns how the pressure ended, or `None` while it is active.
    #[must_use]
    pub fn ended(&self) -> Option<&PressureEnd> {
        self.state.end()
    }

    /// Whether the pressure has reached its level at least once; on a busy machine, it may never do so.
    #[must_use]
    pub fn was_reached(&self) -> bool {
        self.state.was_reached()
    }

    /// Whether the pressure has reached its level, or taken everything that was available, at least once.
    #[must_use]
    pub fn took_effect(&self) -> bool {
        self.state.took_effect()
    }

    /// Ends the pressure without waiting.
    pub fn stop(&self) {
        self.state.stop(PressureEnd::Dropped);
    }

    /// Whether the pressure has ended and everything is given back.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.state.is_gone()
    }

    /// Completes once the pressure has ended and everything is given back.
    pub async fn gone(&self) {
        self.state.gone().await;
    }
}

impl Drop for PressureGuard {
    fn drop(&mut self) {
        self.stop();
    }
}
