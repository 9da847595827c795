//! The time of day.

use std::time::SystemTime;

/// The time of day, which may jump, unlike the time that passes.
pub trait Clock: Send + Sync {
    /// Returns the time now.
    fn now(&self) -> SystemTime;
}

/// The clock of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}
