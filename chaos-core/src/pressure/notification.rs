//! Notifications about a pressure.

use super::level::{PressureChange, PressureLevel};

/// Receives every notification about a pressure.
pub(crate) type Observer = Box<dyn Fn(Notification) + Send>;

/// What happened to a pressure.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Notification {
    /// The change, or `None` for a regular report of the level.
    pub(crate) change: Option<PressureChange>,
    pub(crate) level: PressureLevel,
    pub(crate) why: Option<String>,
}
