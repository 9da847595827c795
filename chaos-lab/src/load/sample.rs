//! One request of the load, and how it ended.

use chaos_core::adapter::HumanDuration;
use serde::{Deserialize, Serialize};

use super::Answer;

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
