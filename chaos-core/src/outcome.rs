//! How operations turn out, and which of them a condition judges.

use crate::Judged;

/// How an operation turned out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The operation did what was asked.
    Success,
    /// The operation failed, for whatever reason.
    Failure,
}

/// Whether a fault was injected into an operation or anywhere in its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Population {
    Treated,
    Untreated,
}

impl Population {
    pub(crate) fn belongs_to(self, judged: Judged) -> bool {
        match judged {
            Judged::Treated => self == Self::Treated,
            Judged::Untreated => self == Self::Untreated,
            Judged::All => true,
        }
    }
}
