//! The reasons for which experiments end.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Attribution;

/// The reason why an experiment ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EndReason {
    /// Its guard was dropped.
    Dropped,
    /// It was stopped by name.
    Stopped(Attribution),
    /// Another experiment of the same name replaced it.
    Replaced(Attribution),
    /// Its time limit passed, or its absolute end.
    TimeLimit,
    /// Its lease was not renewed in time.
    LeaseRanOut,
    /// Everything was halted.
    Halted,
    /// It was aborted, for example because a condition was met; the text has the details.
    Aborted(String),
    /// The last handle of its manager was dropped.
    ManagerDropped,
}

impl EndReason {
    /// The reason in one word, as metrics name it.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::Stopped(_) => "stopped",
            Self::Replaced(_) => "replaced",
            Self::TimeLimit => "time_limit",
            Self::LeaseRanOut => "lease",
            Self::Halted => "halted",
            Self::Aborted(_) => "aborted",
            Self::ManagerDropped => "manager_dropped",
        }
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dropped => f.write_str("its guard was dropped"),
            Self::Stopped(by) => write!(f, "it was stopped by {by}"),
            Self::Replaced(by) => write!(f, "it was replaced by {by}"),
            Self::TimeLimit => f.write_str("its time limit passed"),
            Self::LeaseRanOut => f.write_str("its lease was not renewed in time"),
            Self::Halted => f.write_str("everything was halted"),
            Self::Aborted(why) => write!(f, "aborted: {why}"),
            Self::ManagerDropped => f.write_str("its manager was dropped"),
        }
    }
}
