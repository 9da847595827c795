//! The approvals of starts.

use std::time::SystemTime;

use super::settings::Settings;
use super::start_request::StartRequest;
use crate::policy::AskedStart;
use crate::{Error, Experiment};

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
    let approver = approved.map_err(|rule| Error::Policy {
        experiment: experiment.name().to_owned(),
        rule,
    })?;
    Ok(approver.map(|approver| approver.name.clone()))
}
