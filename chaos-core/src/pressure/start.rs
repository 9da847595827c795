//! Starting a pressure without an experiment.

use super::builder::Pressure;
use super::engine;
use super::error::PressureError;
use super::guard::PressureGuard;

impl Pressure {
    /// Starts the pressure without an experiment; it ends when the guard is dropped or its hold time has elapsed.
    ///
    /// # Errors
    ///
    /// Returns an error when injection is compiled out, and when the pressure is invalid, does not fit, needs consent
    /// or is not supported here.
    pub fn start(&self) -> Result<PressureGuard, PressureError> {
        engine::start_standalone(self)
    }
}
