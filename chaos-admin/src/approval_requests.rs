//! The requests for approval that are pending, until they are withdrawn or the service ends.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chaos_core::policy::ApprovalText;
use chaos_core::{Actor, Experiment};

use crate::problem::Problem;

/// The most requests that are pending.
const MOST: usize = 32;

/// The most signatures of one request.
const MOST_SIGNATURES: usize = 8;

/// The most characters of the name of an experiment, which has to fit in a path.
const LONGEST_NAME: usize = 200;

/// The longest signature.
const LONGEST: usize = 8 * 1024;

/// The requests that are pending, oldest first; each experiment has one at most.
#[derive(Debug, Default)]
pub(crate) struct ApprovalRequests(Mutex<Vec<ApprovalRequest>>);

/// A request for the approval of an experiment.
#[derive(Debug, Clone)]
pub(crate) struct ApprovalRequest {
    pub(crate) experiment: Experiment,
    /// The client that asks.
    pub(crate) by: Actor,
    pub(crate) text: ApprovalText,
    /// The text with the latest signature of each approver, by the approver's name.
    pub(crate) approvals: BTreeMap<String, String>,
}

impl ApprovalRequests {
    /// Adds a request, which replaces another one for an experiment of the same name.
    pub(crate) fn add(&self, request: ApprovalRequest) -> Result<(), Problem> {
        let name = request.experiment.name();
        if name.chars().count() > LONGEST_NAME {
            let detail = format!("name: expected at most {LONGEST_NAME} characters");
            return Err(Problem::new(422, "invalid document", detail).with("key", "name"));
        }
        let mut requests = self.lock();
        match requests
            .iter()
            .position(|one| one.experiment.name() == name)
        {
            Some(at) => requests[at] = request,
            None if requests.len() >= MOST => {
                let detail = format!("{MOST} requests are pending already; withdraw one");
                return Err(Problem::new(409, "too many requests for approval", detail));
            }
            None => requests.push(request),
        }
        Ok(())
    }

    /// Adds a signature to a request, and returns the request.
    ///
    /// The approver that has signed the approval is found under no lock. A later signature replaces the one before: the
    /// same one can be written in many ways, and would leave no room for others.
    pub(crate) fn sign(
        &self,
        name: &str,
        signature: &str,
        signer: impl FnOnce(&ApprovalRequest, &str) -> Result<String, Problem>,
    ) -> Result<ApprovalRequest, Problem> {
        if signature.trim().is_empty() || signature.len() > LONGEST {
            let detail = format!("expected an SSH signature of at most {LONGEST} bytes");
            return Err(Problem::new(422, "no signature", detail));
        }
        let mut all = self.all().into_iter();
        let signed = all.find(|one| one.experiment.name() == name);
        let signed = signed.ok_or_else(|| unknown(name))?;
        let approval = format!("{}{}\n", signed.text.text, signature.trim());
        let signer = signer(&signed, &approval)?;
        let mut requests = self.lock();
        // It may have been withdrawn or replaced meanwhile.
        let found = requests.iter_mut().find(|one| one.text == signed.text);
        let request = found.ok_or_else(|| unknown(name))?;
        let approvals = &mut request.approvals;
        if approvals.len() >= MOST_SIGNATURES && !approvals.contains_key(&signer) {
            let detail = format!("it has {MOST_SIGNATURES} signatures already; ask anew");
            return Err(Problem::new(409, "too many signatures", detail));
        }
        approvals.insert(signer, approval);
        Ok(request.clone())
    }

    /// Removes a request.
    pub(crate) fn withdraw(&self, name: &str) -> Result<(), Problem> {
        let mut requests = self.lock();
        let at = requests
            .iter()
            .position(|one| one.experiment.name() == name);
        requests.remove(at.ok_or_else(|| unknown(name))?);
        Ok(())
    }

    /// All requests.
    pub(crate) fn all(&self) -> Vec<ApprovalRequest> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<ApprovalRequest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unknown(name: &str) -> Problem {
    let detail = format!("no approval of an experiment named `{name}` was asked for");
    Problem::new(404, "no such request", detail)
}
