//! The approvals of starts, and the requests for them.

use std::time::SystemTime;

use super::inner::Inner;
use super::settings::Settings;
use super::start_request::StartRequest;
use crate::policy::{ApprovalText, Approver, AskedApproval, AskedStart, BrokenRule};
use crate::{Actor, Error, Experiment};

/// Refuses an experiment without the approval that it needs; otherwise returns the name of the approver, if it needs one.
///
/// Signatures take a while and a verifier is user code, so it must not be called under the lock.
pub(super) fn approver(
    settings: &Settings,
    experiment: &Experiment,
    request: &StartRequest,
) -> Result<Option<String>, Error> {
    let Some(policy) = &settings.policy else {
        return Ok(None);
    };
    let start = AskedStart {
        experiment,
        by: &request.attribution.by,
        at: SystemTime::now(),
        approvals: &request.approvals,
    };
    let approved = policy.check_approval(
        settings.approval_verifier.as_deref(),
        settings.environment(request.origin),
        &start,
    );
    let approver = approved.map_err(|rule| broken(experiment, rule))?;
    Ok(approver.map(|approver| approver.name.clone()))
}

impl Inner {
    /// The text that an approver has to sign for an experiment, if it needs an approval.
    pub(super) fn approval_text(
        &self,
        experiment: &Experiment,
        consent: &str,
        request: &StartRequest,
    ) -> Result<Option<ApprovalText>, Error> {
        experiment.check()?;
        let settings = &self.settings;
        let Some(policy) = &settings.policy else {
            return Ok(None);
        };
        let by = match &request.attribution.by {
            Actor::Remote { name, .. } => name.clone(),
            other => other.to_string(),
        };
        let asked = AskedApproval {
            experiment,
            by: &by,
            at: SystemTime::now(),
            consent,
        };
        let verifier = settings.approval_verifier.as_deref();
        policy
            .approval_text(verifier, settings.environment(request.origin), &asked)
            .map_err(|rule| broken(experiment, rule))
    }

    /// The approver that has signed an approval of an experiment, if it needs an approval.
    pub(super) fn signer(
        &self,
        experiment: &Experiment,
        approval: &str,
        request: &StartRequest,
    ) -> Result<Option<Approver>, Error> {
        let settings = &self.settings;
        let Some(policy) = &settings.policy else {
            return Ok(None);
        };
        let verifier = settings.approval_verifier.as_deref();
        let environment = settings.environment(request.origin);
        let signer = policy.signer(verifier, environment, experiment, approval);
        signer
            .map(Option::<&Approver>::cloned)
            .map_err(|rule| broken(experiment, rule))
    }
}

fn broken(experiment: &Experiment, rule: BrokenRule) -> Error {
    Error::Policy {
        experiment: experiment.name().to_owned(),
        rule,
    }
}
