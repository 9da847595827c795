//! Approvals of experiments: SSH signatures, verified by the service that injects the faults.
//!
//! Where the [policy](chaos_core::Policy) of a service names approvers, a start that is not of low risk needs the approval
//! of one: [`ApprovalRules`](chaos_core::policy::ApprovalRules) has the details. An approval is a text of a few lines and a
//! signature over it by `ssh-keygen`:
//!
//! ```text
//! chaos-rs approval 1
//! experiment: "slow payments"
//! hash: sha256:5f0c6b0e5c5b4a0f6b6f3b8f4f6c1f2ad1d3b9d8b8a1b9e6c8d7e6f5a4b3c2d1
//! by: "anna"
//! asked: 2026-11-30T09:00:00Z
//! from: 2026-12-03T09:00:00Z
//! until: 2026-12-07T09:00:00Z
//! consent: "ten orders may fail"
//! -----BEGIN SSH SIGNATURE-----
//! …
//! -----END SSH SIGNATURE-----
//! ```
//!
//! ```sh
//! chaos-lab request chaos.yaml 'slow payments' --by anna --consent 'ten orders may fail'
//! chaos-lab approve chaos.yaml slow-payments.request --key ~/.ssh/id_ed25519   # or: ssh-keygen -Y sign -n chaos-rs
//! ```
//!
//! Approvals stand in the file of the experiments, under `approvals`, where reviewers read them. They come with each start
//! of the file, also after a deployment. An approval holds until its end, for any number of starts, but only for exactly
//! the experiment that was approved: a change of any of its values is another experiment.
//!
//! The service verifies approvals against the public keys in its policy, if its manager has an [`SshVerifier`]; without
//! one, it refuses all starts that need an approval.
//!
//! # What an approver vouches for
//!
//! With the signature, an approver confirms who asked, and when. No other key vouches for either. A service refuses
//! executives their own requests, and, behind its API, also what they start themselves. An approver that names a false asker
//! or an earlier time deceives it, which the review of the file shows.
//!
//! The hash covers the experiment, not the service or its environment: the same experiment may start wherever the policy
//! has the approver's key.

mod approval;
mod approver_keys;
mod experiment_hash;
mod invalid;
mod quoted;
mod refusal;
mod request;
mod ssh_verifier;

pub use approval::{Approval, NAMESPACE};
pub use experiment_hash::ExperimentHash;
pub use invalid::InvalidApproval;
pub use quoted::visible;
pub use request::ApprovalRequest;
pub use ssh_verifier::SshVerifier;
