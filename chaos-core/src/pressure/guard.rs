//! The handle of a pressure that is on.

use std::fmt;
use std::sync::Arc;

use super::PressureLevel;
use super::held::Held;

/// The handle of a pressure that is on: dropping it ends the pressure, without waiting for that.
#[derive(Debug)]
#[must_use = "dropping the guard ends the pressure at once"]
pub struct PressureGuard(Arc<Held>);

/// How a pressure ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PressureEnd {
    /// Its guard was dropped, or its experiment ended.
    Dropped,
    /// It has been held for as long as it was to be.
    Over,
    /// It could not reach its level; says which, and why.
    Failed(String),
}

impl PressureGuard {
    pub(super) fn new(held: Arc<Held>) -> Self {
        Self(held)
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> &Held {
        &self.0
    }

    /// How much was asked for, and how much there is now.
    #[must_use]
    pub fn level(&self) -> PressureLevel {
        self.0.level()
    }

    /// How it ended, once it has.
    #[must_use]
    pub fn ended(&self) -> Option<&PressureEnd> {
        self.0.end()
    }

    /// Whether it has ever been at its level.
    #[must_use]
    pub fn was_reached(&self) -> bool {
        self.0.was_reached()
    }

    /// Ends it, without waiting for that.
    pub fn stop(&self) {
        self.0.stop(PressureEnd::Dropped);
    }

    /// Whether it has ended and everything is given back.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.0.is_gone()
    }

    /// Returns once it has ended and everything is given back.
    pub async fn gone(&self) {
        loop {
            let changed = self.0.changed();
            tokio::pin!(changed);
            // Registered before looking, so that an end in between is not slept through.
            changed.as_mut().enable();
            if self.is_gone() {
                return;
            }
            changed.await;
        }
    }
}

impl Drop for PressureGuard {
    fn drop(&mut self) {
        self.stop();
    }
}

impl fmt::Display for PressureEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dropped => f.write_str("it was stopped"),
            Self::Over => f.write_str("it was held long enough"),
            Self::Failed(why) => f.write_str(why),
        }
    }
}
