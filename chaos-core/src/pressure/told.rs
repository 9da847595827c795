//! What is told of a pressure.

use super::level::{PressureChange, PressureLevel};

/// Told of everything that happens to a pressure.
pub(crate) type Tell = Box<dyn Fn(Told) + Send>;

/// What happened to a pressure.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    /// Nothing but a level, unless it is said what changed.
    pub(crate) change: Option<PressureChange>,
    pub(crate) level: PressureLevel,
    pub(crate) why: Option<String>,
}
