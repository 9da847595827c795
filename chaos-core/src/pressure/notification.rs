//! What is told of a pressure.

use super::level::{PressureChange, PressureLevel};

/// Notification of everything that happens to a pressure.
pub(crate) type Observer = Box<dyn Fn(Notification) + Send>;

/// What happened to a pressure.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Notification {
    /// Nothing but a level, unless it is said what changed.
    pub(crate) change: Option<PressureChange>,
    pub(crate) level: PressureLevel,
    pub(crate) why: Option<String>,
}
