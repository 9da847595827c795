//! The answers that requests get.

use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};

/// The answer to a request, as far as there was one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Answer {
    /// A whole reply with this status.
    Status(u16),
    /// A reply with the expected status and without the expected body.
    Body(u16),
    /// No whole reply within the time limit.
    Timeout,
    /// No connection.
    Unreachable,
    /// A connection that broke before the reply was whole.
    BrokenOff,
    /// The lab itself did not send it, as too many requests were open.
    Unsent,
}

impl Answer {
    /// The answer that a failed request got: a timeout, if that is its cause.
    pub(super) fn of(error: &(dyn std::error::Error + 'static), otherwise: Self) -> Self {
        let mut causes = std::iter::successors(Some(error), |error| error.source());
        let timed_out = causes.any(|cause| {
            let io = cause.downcast_ref::<io::Error>();
            io.is_some_and(|io| io.kind() == io::ErrorKind::TimedOut)
        });
        if timed_out { Self::Timeout } else { otherwise }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "{status}"),
            Self::Body(status) => write!(f, "{status} with another body"),
            Self::Timeout => f.write_str("timeout"),
            Self::Unreachable => f.write_str("no connection"),
            Self::BrokenOff => f.write_str("broken off"),
            Self::Unsent => f.write_str("not sent"),
        }
    }
}
