//! The outcomes of operations, and the populations that conditions judge.

use crate::Judged;

/// The outcome of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The operation succeeded.
    Success,
    /// The operation failed, regardless of the reason.
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
