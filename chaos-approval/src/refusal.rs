//! Why an approval does not suffice.

use chaos_core::policy::ApproverRole;
use jiff::Timestamp;

use crate::{ExperimentHash, InvalidApproval};

/// Why an approval does not suffice for a start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("one is unreadable: {0}")]
    Unreadable(#[from] InvalidApproval),
    #[error("one is of another experiment, {0:?}")]
    OtherExperiment(String),
    #[error(
        "the experiment has changed since its approval, from {0} to {1}: ask for another approval"
    )]
    Changed(ExperimentHash, ExperimentHash),
    /// The fingerprint is that of `ssh-keygen -l`.
    #[error("one is signed by the key {0}, which is that of no approver of the policy")]
    UnknownKey(String),
    #[error("one is forged: its signature by {0} is not over its text in the namespace `chaos-rs`")]
    Forged(String),
    #[error("that of {0} {1}")]
    Insufficient(String, Insufficient),
}

/// What is wrong with an approval that an approver has really given.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Insufficient {
    #[error("expired at {0}: ask for another approval")]
    Expired(Timestamp),
    #[error("is valid only from {0} on")]
    NotYet(Timestamp),
    #[error("does not suffice, as the role `{0}` is too low")]
    Role(ApproverRole),
    #[error("does not count, as the same person asked for it: another approver is needed")]
    Asked,
    #[error("does not count, as the same person starts it: another approver is needed")]
    Starts,
    #[error("has no text of consent: ask for another approval, with `--consent`")]
    NoConsent,
    #[error("has a period of notice until {0}")]
    Notice(Timestamp),
}
