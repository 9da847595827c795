//! Verifies approvals by SSH signatures.

use chaos_core::Actor;
use chaos_core::error::FileError;
use chaos_core::policy::{ApprovalRules, ApprovalVerifier, Approver, ApproverRole, AskedStart};
use jiff::{SignedDuration, Timestamp};
use ssh_key::HashAlg;

use crate::approver_keys::ApproverKeys;
use crate::{Approval, ApprovalRequest, ExperimentHash, Refusal};

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
            let verified = signed(text, start, &hash, &keys)
                .and_then(|(approver, request)| suffices(approver, &request, rules, needs, start));
            match verified {
                Ok(approver) => return Ok(approver),
                Err(refusal) => refusals.push(refusal),
            }
        }
        Err(summary(&refusals))
    }
}

/// Returns the approver and the request, if the approval is one of the experiment and really signed.
fn signed<'r>(
    text: &str,
    start: &AskedStart<'_>,
    hash: &ExperimentHash,
    keys: &ApproverKeys<'r>,
) -> Result<(&'r Approver, ApprovalRequest), Refusal> {
    let approval: Approval = text.parse()?;
    let request = approval.request();
    if request.hash != *hash {
        return Err(if request.experiment == start.experiment.name() {
            Refusal::Changed {
                approved: request.hash.clone(),
                found: hash.clone(),
            }
        } else {
            Refusal::OtherExperiment {
                experiment: request.experiment.clone(),
            }
        });
    }
    let signer = approval.signature().public_key();
    let Some((approver, key)) = keys.of_signer(signer) else {
        let fingerprint = signer.fingerprint(HashAlg::Sha256).to_string();
        return Err(Refusal::UnknownKey { fingerprint });
    };
    if !approval.is_signed_by(key) {
        let approver = approver.name().to_owned();
        return Err(Refusal::Forged { approver });
    }
    Ok((approver, request.clone()))
}

/// Returns the approver, if their approval suffices now.
fn suffices<'r>(
    signer: &'r Approver,
    request: &ApprovalRequest,
    rules: &ApprovalRules,
    needs: ApproverRole,
    start: &AskedStart<'_>,
) -> Result<&'r Approver, Refusal> {
    let approver = signer.name().to_owned();
    // A clock that far off is no reason to start anything.
    let now = Timestamp::try_from(start.at).unwrap_or(Timestamp::MAX);
    if now >= request.until {
        let until = request.until;
        return Err(Refusal::Expired { approver, until });
    }
    if now < request.from {
        let from = request.from;
        return Err(Refusal::NotYet { approver, from });
    }
    if signer.role() < needs {
        let role = signer.role();
        return Err(Refusal::Role { approver, role });
    }
    if needs < ApproverRole::Executive {
        return Ok(signer);
    }
    if signer.is_named(&request.by) {
        let did = "asked for it";
        return Err(Refusal::OwnRequest { approver, did });
    }
    // An approver could name anyone as the asker, and start it alone.
    if matches!(start.by, Actor::Remote { name, .. } if signer.is_named(name)) {
        let did = "starts it";
        return Err(Refusal::OwnRequest { approver, did });
    }
    if request.consent.trim().is_empty() {
        return Err(Refusal::NoConsent { approver });
    }
    let notice = SignedDuration::try_from(rules.period_of_notice()).unwrap_or(SignedDuration::MAX);
    let until = request.asked.checked_add(notice).unwrap_or(Timestamp::MAX);
    if now < until {
        return Err(Refusal::Notice { approver, until });
    }
    Ok(signer)
}

/// The most refusals that are listed.
const LISTED: usize = 3;

/// What is wrong with the approvals of a start.
fn summary(refusals: &[Refusal]) -> String {
    let is_of_another = |refusal: &&Refusal| matches!(refusal, Refusal::OtherExperiment { .. });
    let (others, own): (Vec<_>, Vec<_>) = refusals.iter().partition(is_of_another);
    if refusals.is_empty() {
        return "none came with it: `chaos-lab request` asks for one".to_owned();
    }
    // Those of other experiments are of interest only if there is no other one.
    let shown = if own.is_empty() { others } else { own };
    let mut text: Vec<_> = shown.iter().take(LISTED).map(ToString::to_string).collect();
    if let Some(more) = shown.len().checked_sub(LISTED).filter(|more| *more > 0) {
        text.push(format!("and {more} more"));
    }
    text.join("; ")
}
