//! How a pressure ended.

use std::fmt;

/// How a pressure ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PressureEnd {
    /// It was stopped, its guard was dropped, or its experiment ended.
    Dropped,
    /// Its hold time elapsed.
    HoldElapsed,
    /// It could not reach its level; the text gives the level and the reason.
    Failed(String),
}

impl fmt::Display for PressureEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dropped => f.write_str("it was stopped"),
            Self::HoldElapsed => f.write_str("its hold time elapsed"),
            Self::Failed(why) => f.write_str(why),
        }
    }
}
