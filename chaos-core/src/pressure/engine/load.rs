//! The loads that the control loop drives.

use std::sync::Arc;
use std::time::Duration;

use super::state::PressureState;

/// The resource that a pressure takes; dropping it gives everything back.
pub(super) trait Load: Send + 'static {
    /// Moves the load towards `target_share` of its requested level.
    ///
    /// A call must not take much longer than a few milliseconds.
    ///
    /// # Errors
    ///
    /// Returns the reason when the level can never be reached.
    fn adjust_to(&mut self, target_share: f64, state: &Arc<PressureState>) -> Result<(), String>;

    /// Returns the current level.
    fn level(&mut self) -> f64;

    /// Returns the time until the next adjustment.
    fn sampling_interval(&self) -> Duration;

    /// Returns the share of the requested level from which it counts as reached.
    fn reached_threshold(&self) -> f64 {
        1.0
    }

    /// Returns why no more is available, once everything available is taken.
    fn saturation(&self) -> Option<&'static str> {
        None
    }
}
