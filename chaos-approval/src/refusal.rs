//! Why an approval does not suffice.

use chaos_core::policy::ApproverRole;
use jiff::Timestamp;

use crate::{ExperimentHash, InvalidApproval};

/// Why an approval does not suffice for a start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It is no approval.
    #[error("one is unreadable: {0}")]
    Unreadable(#[from] InvalidApproval),
    /// It is one of another experiment.
    #[error("one is of another experiment, {experiment:?}")]
    OtherExperiment {
        /// The name of the approved experiment.
        experiment: String,
    },
    /// The experiment was changed after it was approved.
    #[error(
        "the experiment has changed since its approval, from {approved} to {found}: ask for another one"
    )]
    Changed {
        /// The hash of the approved experiment.
        approved: ExperimentHash,
        /// The hash of the experiment that is to start.
        found: ExperimentHash,
    },
    /// The policy does not have the key that signed it.
    #[error("the key {fingerprint} that signed one is that of no approver of the policy")]
    UnknownKey {
        /// The fingerprint of the key, as `ssh-keygen -l` shows it.
        fingerprint: String,
    },
    /// The signature is not over this text, or has another namespace.
    #[error(
        "one is forged: its signature by {approver} is not over its text in the namespace `chaos-rs`"
    )]
    Forged {
        /// The approver whose key the signature names.
        approver: String,
    },
    /// It is not valid yet.
    #[error("that of {approver} is valid only from {from} on")]
    NotYet {
        /// The approver.
        approver: String,
        /// When it begins to be valid.
        from: Timestamp,
    },
    /// It is no longer valid.
    #[error("that of {approver} expired at {until}: ask for another one")]
    Expired {
        /// The approver.
        approver: String,
        /// When it ceased to be valid.
        until: Timestamp,
    },
    /// The approver has too low a role.
    #[error("that of {approver} does not suffice, whose role is `{role}`")]
    Role {
        /// The approver.
        approver: String,
        /// Their role.
        role: ApproverRole,
    },
    /// The approver asked for it, or starts it.
    #[error("that of {approver}, that also {did}, does not count: another approver is needed")]
    OwnRequest {
        /// The approver.
        approver: String,
        /// What the approver did besides approving.
        did: &'static str,
    },
    /// There is no text of consent.
    #[error("that of {approver} has no text of consent: ask for one with `--consent`")]
    NoConsent {
        /// The approver.
        approver: String,
    },
    /// The period of notice has not passed.
    #[error("the period of notice of that of {approver} ends at {until}")]
    Notice {
        /// The approver.
        approver: String,
        /// When it ends.
        until: Timestamp,
    },
}
