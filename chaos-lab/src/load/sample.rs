//! The requests of a load as they ended, and the answers that they got.

use std::{fmt, io};

use chaos_core::adapter::HumanDuration;
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

/// One request of the load, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Sample {
    /// The id, which it carries as `x-request-id`.
    pub id: String,
    /// The name of the request in the plan.
    pub request: String,
    /// The instant at which it was due, from the start of the load on.
    pub due: HumanDuration,
    /// The time from that instant to the end of its reply.
    pub took: HumanDuration,
    /// The answer.
    pub answer: Answer,
    /// Whether the answer was the expected one.
    pub ok: bool,
}

impl Sample {
    /// Whether the lab sent it; if not, it says nothing about the target.
    #[must_use]
    pub fn was_sent(&self) -> bool {
        self.answer != Answer::Unsent
    }
}
