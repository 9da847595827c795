//! The reasons for which experiments end.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The reason why an experiment ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EndReason {
    /// Its guard was dropped.
    Dropped,
    /// It was stopped by name.
    Stopped,
    /// Its time limit passed, or its absolute end.
    TimeLimit,
    /// Everything was halted.
    Halted,
    /// It was aborted, for example because a condition was met; the text has the details.
    Aborted(String),
    /// The last handle of its manager was dropped.
    ManagerDropped,
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dropped => f.write_str("its guard was dropped"),
            Self::Stopped => f.write_str("it was stopped"),
            Self::TimeLimit => f.write_str("its time limit passed"),
            Self::Halted => f.write_str("everything was halted"),
            Self::Aborted(why) => write!(f, "aborted: {why}"),
            Self::ManagerDropped => f.write_str("its manager was dropped"),
        }
    }
}
