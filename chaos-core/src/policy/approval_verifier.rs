//! Verifies the approvals that come with a start.

use std::time::SystemTime;

use super::{ApprovalRules, Approver, ApproverRole, BrokenRule, Policy};
use crate::error::FileError;
use crate::{Actor, Environment, Experiment, Risk};

/// Verifies the approvals that come with a start; the crate `chaos-approval` does so by SSH signatures.
///
/// A manager asks it under no lock, and only about starts that need an approval.
pub trait ApprovalVerifier: Send + Sync {
    /// Checks the keys of the approvers, when a manager is built.
    ///
    /// # Errors
    ///
    /// The first key that signatures can't be verified with: [`FileError::about`].
    fn check_rules(&self, rules: &ApprovalRules) -> Result<(), FileError>;

    /// Returns an approver of at least the role that is needed, whose approval suffices for a start.
    ///
    /// # Errors
    ///
    /// What is wrong with each approval that came with the start, or that none came.
    fn verify<'r>(
        &self,
        rules: &'r ApprovalRules,
        needs: ApproverRole,
        start: &AskedStart<'_>,
    ) -> Result<&'r Approver, String>;

    /// Returns the text that an approver signs, where requests are taken by the service itself.
    ///
    /// # Errors
    ///
    /// What is wrong with the request.
    fn request(&self, request: &AskedApproval<'_>) -> Result<String, String>;

    /// Returns the approver that has really signed an approval of an experiment, whether or not it suffices for a start.
    ///
    /// # Errors
    ///
    /// What is wrong with the approval: that it is of another experiment, or signed by no approver.
    fn signer<'r>(
        &self,
        rules: &'r ApprovalRules,
        experiment: &Experiment,
        approval: &str,
    ) -> Result<&'r Approver, String>;
}

/// A start, and the approvals that came with it.
#[derive(Debug, Clone, Copy)]
pub struct AskedStart<'a> {
    /// What is to start.
    pub experiment: &'a Experiment,
    /// The actor that starts it.
    pub by: &'a Actor,
    /// The time.
    pub at: SystemTime,
    /// The texts of all approvals that came with it, also those of other experiments.
    pub approvals: &'a [String],
}

/// A request for the approval of an experiment.
#[derive(Debug, Clone, Copy)]
pub struct AskedApproval<'a> {
    /// What is to be approved.
    pub experiment: &'a Experiment,
    /// The name of the person that asks.
    pub by: &'a str,
    /// The time.
    pub at: SystemTime,
    /// What harm is accepted.
    pub consent: &'a str,
}

/// A text that awaits the signature of an approver.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApprovalText {
    /// The text.
    pub text: String,
    /// The risk of the experiment.
    pub risk: Risk,
    /// The lowest role that may approve it.
    pub needs: ApproverRole,
}

impl Policy {
    /// Returns the text that an approver has to sign before an experiment may start, if it needs an approval.
    ///
    /// # Errors
    ///
    /// [`BrokenRule::Unapproved`] when the request is invalid, or nothing verifies approvals.
    pub fn approval_text(
        &self,
        verifier: Option<&dyn ApprovalVerifier>,
        environment: Environment,
        request: &AskedApproval<'_>,
    ) -> Result<Option<ApprovalText>, BrokenRule> {
        let risk = request.experiment.risk(environment);
        let rules = self.approvals.as_ref();
        let Some(needs) = rules.and_then(|rules| rules.needed(request.experiment, risk)) else {
            return Ok(None);
        };
        match wired(verifier).and_then(|verifier| verifier.request(request)) {
            Ok(text) => Ok(Some(ApprovalText { text, risk, needs })),
            Err(why) => Err(BrokenRule::Unapproved { risk, needs, why }),
        }
    }

    /// Returns the approver that has signed an approval of an experiment, if it needs an approval.
    ///
    /// # Errors
    ///
    /// [`BrokenRule::Unapproved`] when no approver has signed it, or nothing verifies approvals.
    pub fn signer(
        &self,
        verifier: Option<&dyn ApprovalVerifier>,
        environment: Environment,
        experiment: &Experiment,
        approval: &str,
    ) -> Result<Option<&Approver>, BrokenRule> {
        let Some(rules) = &self.approvals else {
            return Ok(None);
        };
        let risk = experiment.risk(environment);
        let Some(needs) = rules.needed(experiment, risk) else {
            return Ok(None);
        };
        let signer =
            wired(verifier).and_then(|verifier| verifier.signer(rules, experiment, approval));
        signer
            .map(Some)
            .map_err(|why| BrokenRule::Unapproved { risk, needs, why })
    }

    /// Checks whether a start has the approval that it needs, and returns the approver if it needs one.
    ///
    /// # Errors
    ///
    /// [`BrokenRule::Unapproved`], also without a verifier.
    pub fn check_approval(
        &self,
        verifier: Option<&dyn ApprovalVerifier>,
        environment: Environment,
        start: &AskedStart<'_>,
    ) -> Result<Option<&Approver>, BrokenRule> {
        let Some(rules) = &self.approvals else {
            return Ok(None);
        };
        let risk = start.experiment.risk(environment);
        let Some(needs) = rules.needed(start.experiment, risk) else {
            return Ok(None);
        };
        let verified = wired(verifier).and_then(|verifier| verifier.verify(rules, needs, start));
        verified.map(Some).map_err(|mut why| {
            if let Some(service) = rules.revenue_affected(start.experiment) {
                why = format!("it may affect `{service}`, a service of `revenue`; {why}");
            }
            BrokenRule::Unapproved { risk, needs, why }
        })
    }
}

fn wired(verifier: Option<&dyn ApprovalVerifier>) -> Result<&dyn ApprovalVerifier, String> {
    verifier.ok_or_else(|| UNWIRED.to_owned())
}

const UNWIRED: &str = "this program can't verify one: add `.approval_verifier(chaos_approval::SshVerifier)` to its \
                       `ChaosManager::builder()`";
