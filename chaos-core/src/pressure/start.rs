//! Starting a pressure without an experiment.

use super::builder::Pressure;
use super::engine;
use super::error::PressureError;
use super::guard::PressureGuard;

impl Pressure {
    /// Starts it alone; it ends when the guard is dropped, or when it has been held for long reached_threshold.
    ///
    /// # Errors
    ///
    /// When injection is compiled out; when it makes no sense, does not fit, needs consent, or can't be made here.
    pub fn start(&self) -> Result<PressureGuard, PressureError> {
        engine::alone(self)
    }
}
