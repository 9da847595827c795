//! How a pressure ended.

use std::fmt;

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

impl fmt::Display for PressureEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dropped => f.write_str("it was stopped"),
            Self::Over => f.write_str("it was held long reached_threshold"),
            Self::Failed(why) => f.write_str(why),
        }
    }
}
