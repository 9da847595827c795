//! The handle of a pressure that is on.

use std::sync::Arc;

use super::end::PressureEnd;
use super::engine::PressureState;
use super::level::PressureLevel;
use crate::compiled::CompiledIn;

/// The handle of a pressure that is on: dropping it ends the pressure, without waiting for that.
#[derive(Debug)]
#[must_use = "dropping the guard ends the pressure at once"]
pub struct PressureGuard {
    state: Arc<PressureState>,
    _compiled_in: CompiledIn,
}

impl PressureGuard {
    #[cfg(feature = "inject")]
    pub(super) fn new(state: Arc<PressureState>, compiled_in: CompiledIn) -> Self {
        Self {
            state,
            _compiled_in: compiled_in,
        }
    }

    #[cfg(test)]
    pub(super) fn state(&self) -> &PressureState {
        &self.state
    }

    /// How much was asked for, and how much there is now.
    #[must_use]
    pub fn level(&self) -> PressureLevel {
        self.state.level()
    }

    /// How it ended, once it has.
    #[must_use]
    pub fn ended(&self) -> Option<&PressureEnd> {
        self.state.end()
    }

    /// Whether it has ever been at its level.
    #[must_use]
    pub fn was_reached(&self) -> bool {
        self.state.was_reached()
    }

    /// Ends it, without waiting for that.
    pub fn stop(&self) {
        self.state.stop(PressureEnd::Dropped);
    }

    /// Whether it has ended and everything is given back.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.state.is_gone()
    }

    /// Returns once it has ended and everything is given back.
    pub async fn gone(&self) {
        self.state.gone().await;
    }
}

impl Drop for PressureGuard {
    fn drop(&mut self) {
        self.stop();
    }
}
