//! The requests for approval that are pending, until they are withdrawn or the service ends.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chaos_core::policy::ApprovalText;
use chaos_core::{Actor, Experiment};

use crate::problem::Problem;

/// The most requests that are pending.
const MOST: usize = 32;

/// The most signatures of one request.
const MOST_SIGNATURES: usize = 8;

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
    /// The text with each signature that was given.
    pub(crate) approvals: Vec<String>,
}

impl ApprovalRequests {
    /// Adds a request, which replaces another one for an experiment of the same name.
    pub(crate) fn add(&self, request: ApprovalRequest) -> Result<(), Problem> {
        let mut requests = self.lock();
        let name = request.experiment.name();
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
    pub(crate) fn sign(&self, name: &str, signature: &str) -> Result<ApprovalRequest, Problem> {
        if signature.trim().is_empty() || signature.len() > LONGEST {
            let detail = format!("expected an SSH signature of at most {LONGEST} bytes");
            return Err(Problem::new(422, "no signature", detail));
        }
        let mut requests = self.lock();
        let found = requests
            .iter_mut()
            .find(|one| one.experiment.name() == name);
        let request = found.ok_or_else(|| unknown(name))?;
        let approval = format!("{}{}\n", request.text.text, signature.trim());
        if !request.approvals.contains(&approval) {
            if request.approvals.len() >= MOST_SIGNATURES {
                let detail = format!("it has {MOST_SIGNATURES} signatures already; ask anew");
                return Err(Problem::new(409, "too many signatures", detail));
            }
            request.approvals.push(approval);
        }
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
