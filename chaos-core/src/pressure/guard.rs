//! The handle of a pressure that is on.

use std::sync::Arc;

use super::end::PressureEnd;
use super::engine::Held;
use super::level::PressureLevel;
use crate::compiled::CompiledIn;

/// The handle of a pressure that is on: dropping it ends the pressure, without waiting for that.
#[derive(Debug)]
#[must_use = "dropping the guard ends the pressure at once"]
pub struct PressureGuard {
    held: Arc<Held>,
    _compiled_in: CompiledIn,
}

impl PressureGuard {
    #[cfg(feature = "inject")]
    pub(super) fn new(held: Arc<Held>, compiled_in: CompiledIn) -> Self {
        Self {
            held,
            _compiled_in: compiled_in,
        }
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> &Held {
        &self.held
    }

    /// How much was asked for, and how much there is now.
    #[must_use]
    pub fn level(&self) -> PressureLevel {
        self.held.level()
    }

    /// How it ended, once it has.
    #[must_use]
    pub fn ended(&self) -> Option<&PressureEnd> {
        self.held.end()
    }

    /// Whether it has ever been at its level.
    #[must_use]
    pub fn was_reached(&self) -> bool {
        self.held.was_reached()
    }

    /// Ends it, without waiting for that.
    pub fn stop(&self) {
        self.held.stop(PressureEnd::Dropped);
    }

    /// Whether it has ended and everything is given back.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.held.is_gone()
    }

    /// Returns once it has ended and everything is given back.
    pub async fn gone(&self) {
        self.held.gone().await;
    }
}

impl Drop for PressureGuard {
    fn drop(&mut self) {
        self.stop();
    }
}
