//! Verifies approvals by SSH signatures.

use chaos_core::error::FileError;
use chaos_core::policy::{
    ApprovalRules, ApprovalVerifier, Approver, ApproverRole, AskedApproval, AskedStart,
};
use chaos_core::{Actor, Experiment};
use jiff::{SignedDuration, Timestamp};
use ssh_key::HashAlg;

use crate::approver_keys::ApproverKeys;
use crate::refusal::{Insufficient, Refusal};
use crate::{Approval, ApprovalRequest, ExperimentHash};

/// Verifies approvals by SSH signatures.
///
/// ```
/// use chaos_approval::SshVerifier;
/// use chaos_core::ChaosManager;
///
/// // The policy comes from `.policy(…)`, or from the file that CHAOS_POLICY names.
/// let chaos = ChaosManager::builder().from_env().approval_verifier(SshVerifier).try_build()?;
/// # Ok::<(), chaos_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct SshVerifier;

impl ApprovalVerifier for SshVerifier {
    fn check_rules(&self, rules: &ApprovalRules) -> Result<(), FileError> {
        ApproverKeys::of(rules).map(drop)
    }

    fn verify<'r>(
        &self,
        rules: &'r ApprovalRules,
        needs: ApproverRole,
        start: &AskedStart<'_>,
    ) -> Result<&'r Approver, String> {
        let keys = ApproverKeys::of(rules).map_err(|error| error.to_string())?;
        let hash = ExperimentHash::of(start.experiment);
        let mut refusals = Vec::new();
        for text in start.approvals {
            let verified =
                signed(text, start.experiment, &hash, &keys).and_then(|(approver, request)| {
                    let insufficient = |why| Refusal::Insufficient(approver.name.clone(), why);
                    suffices(approver, &request, rules, needs, start).map_err(insufficient)?;
                    Ok(approver)
                });
            match verified {
                Ok(approver) => return Ok(approver),
                Err(refusal) => refusals.push(refusal),
            }
        }
        Err(summary(&refusals))
    }

    fn request(&self, request: &AskedApproval<'_>) -> Result<String, String> {
        let made = ApprovalRequest::new(request.experiment, request.by, request.at);
        let made = made.map_err(|error| error.to_string())?;
        Ok(made.consent(request.consent).to_string())
    }

    fn signer<'r>(
        &self,
        rules: &'r ApprovalRules,
        experiment: &Experiment,
        approval: &str,
    ) -> Result<&'r Approver, String> {
        let keys = ApproverKeys::of(rules).map_err(|error| error.to_string())?;
        let signed = signed(approval, experiment, &ExperimentHash::of(experiment), &keys);
        signed
            .map(|(approver, _)| approver)
            .map_err(|refusal| refusal.to_string())
    }
}

/// Returns the approver and the request, if the approval is one of the experiment and really signed.
fn signed<'r>(
    text: &str,
    experiment: &Experiment,
    hash: &ExperimentHash,
    keys: &ApproverKeys<'r>,
) -> Result<(&'r Approver, ApprovalRequest), Refusal> {
    let approval: Approval = text.parse()?;
    let request = approval.request().clone();
    if request.hash != *hash {
        return Err(if request.experiment == experiment.name() {
            Refusal::Changed(request.hash, hash.clone())
        } else {
            Refusal::OtherExperiment(request.experiment)
        });
    }
    let signer = approval.signature().public_key();
    let Some((approver, key)) = keys.of_signer(signer) else {
        let fingerprint = signer.fingerprint(HashAlg::Sha256).to_string();
        return Err(Refusal::UnknownKey(fingerprint));
    };
    if approval.is_signed_by(key) {
        Ok((approver, request))
    } else {
        Err(Refusal::Forged(approver.name.clone()))
    }
}

/// Whether a request that an approver has signed suffices for a start now.
fn suffices(
    approver: &Approver,
    request: &ApprovalRequest,
    rules: &ApprovalRules,
    needs: ApproverRole,
    start: &AskedStart<'_>,
) -> Result<(), Insufficient> {
    // A clock that far off is no reason to start anything.
    let now = Timestamp::try_from(start.at).unwrap_or(Timestamp::MAX);
    let notice = SignedDuration::try_from(rules.period_of_notice()).unwrap_or(SignedDuration::MAX);
    let announced = request.asked.checked_add(notice).unwrap_or(Timestamp::MAX);
    // An approver could name anyone as the asker, and start it alone.
    let starts = matches!(start.by, Actor::Remote { name, .. } if approver.is_named(name));
    let is_executive = needs >= ApproverRole::Executive;
    let refusals = [
        (now >= request.until, Insufficient::Expired(request.until)),
        (now < request.from, Insufficient::NotYet(request.from)),
        (approver.role < needs, Insufficient::Role(approver.role)),
        (
            is_executive && approver.is_named(&request.by),
            Insufficient::Asked,
        ),
        (is_executive && starts, Insufficient::Starts),
        (
            is_executive && request.consent.trim().is_empty(),
            Insufficient::NoConsent,
        ),
        (
            is_executive && now < announced,
            Insufficient::Notice(announced),
        ),
    ];
    let refused = refusals.into_iter().find(|(is_refused, _)| *is_refused);
    refused.map_or(Ok(()), |(_, why)| Err(why))
}

/// The most refusals that are listed.
const LISTED: usize = 3;

/// What is wrong with the approvals of a start.
fn summary(refusals: &[Refusal]) -> String {
    if refusals.is_empty() {
        return "none came with it: `chaos-lab request` asks for one".to_owned();
    }
    let is_of_another = |refusal: &&Refusal| matches!(refusal, Refusal::OtherExperiment(_));
    let (others, own): (Vec<_>, Vec<_>) = refusals.iter().partition(is_of_another);
    // Those of other experiments are of interest only if there is no other one.
    let shown = if own.is_empty() { others } else { own };
    let mut listed: Vec<_> = shown.iter().take(LISTED).map(ToString::to_string).collect();
    if shown.len() > LISTED {
        listed.push(format!("and {} more", shown.len() - LISTED));
    }
    listed.join("; ")
}
