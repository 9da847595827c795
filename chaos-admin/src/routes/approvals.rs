//! Requests for approval, and the signatures of approvers.

use std::collections::BTreeMap;
use std::sync::Arc;

use chaos_core::policy::ApproverRole;
use chaos_core::{ChaosManager, Experiment, ExperimentFile, Risk};
use http::StatusCode;
use serde::Serialize;
use serde_json::json;

use crate::approval_requests::ApprovalRequest;
use crate::call::Call;
use crate::context::Context;
use crate::problem::Problem;
use crate::reply::{Replied, json, no_content, ok};
use crate::request_body;

/// A pending request, as clients see it.
#[derive(Serialize)]
pub(super) struct Pending {
    experiment: String,
    risk: Risk,
    /// The lowest role that may approve it.
    needs: ApproverRole,
    /// The name of the client that asks.
    by: String,
    /// The text to sign.
    text: String,
    /// The experiment and the approvals, as a start takes them.
    document: Experiment,
    approvals: Vec<String>,
    /// Why it may not start yet, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    why_not: Option<String>,
}

impl Pending {
    /// Judges a request as the start that it is made for: that of the client that asks.
    fn of(request: ApprovalRequest, chaos: &ChaosManager) -> Self {
        let approvals: Vec<_> = request.approvals.into_values().collect();
        let steering = chaos.on_behalf_of(request.by.clone());
        let steering = steering.approved_by(approvals.clone());
        let checked = steering.check(std::slice::from_ref(&request.experiment));
        Self {
            experiment: request.experiment.name().to_owned(),
            risk: request.text.risk,
            needs: request.text.needs,
            by: request.by.to_string(),
            text: request.text.text,
            document: request.experiment,
            approvals,
            why_not: checked.err().map(|error| error.to_string()),
        }
    }
}

/// All pending requests.
pub(super) fn pending(context: &Context) -> Vec<Pending> {
    let requests = context.requests.all().into_iter();
    requests
        .map(|request| Pending::of(request, &context.chaos))
        .collect()
}

pub(super) async fn list(call: Call) -> Replied {
    let call = Arc::new(call);
    let asked = Arc::clone(&call);
    // A verifier is code of the service, and takes a while.
    let work = move || Ok(json!({ "requests": pending(&asked.context) }));
    ok(&call.context.reader.compute(work).await?)
}

pub(super) async fn request(call: Call) -> Replied {
    let call = Arc::new(call);
    let asked = Arc::clone(&call);
    call.context.reader.compute(move || asked_for(&asked)).await
}

fn asked_for(call: &Call) -> Replied {
    let (text, format) = request_body::document(&call.parts.headers, &call.body)?;
    let file = ExperimentFile::parse_one_or_more(text, format, "body")?;
    let experiments = <[Experiment; 1]>::try_from(file.into_experiments());
    let [experiment] = experiments.map_err(|found| {
        let detail = format!("expected one experiment, found {}", found.len());
        Problem::new(422, "invalid document", detail).with("key", "experiments")
    })?;
    let consent = call.reason()?.unwrap_or_default();
    let text = call.steering()?.approval_text(&experiment, &consent)?;
    let Some(text) = text else {
        return Err(needs_none(&experiment));
    };
    let request = ApprovalRequest {
        experiment,
        by: call.client.actor(),
        text,
        approvals: BTreeMap::new(),
    };
    call.context.requests.add(request.clone())?;
    let pending = Pending::of(request, call.chaos());
    Ok(json(StatusCode::CREATED, &pending))
}

fn needs_none(experiment: &Experiment) -> Problem {
    let detail = format!("`{}` may start without an approval", experiment.name());
    Problem::new(409, "needs no approval", detail)
}

pub(super) async fn sign(call: Call) -> Replied {
    let call = Arc::new(call);
    let asked = Arc::clone(&call);
    let work = move || {
        let signature = std::str::from_utf8(&asked.body);
        let signature =
            signature.map_err(|_| Problem::new(422, "no signature", "expected text in UTF-8"))?;
        let steering = asked.steering_because(None);
        let signer = |request: &ApprovalRequest, approval: &str| {
            let signer = steering.signer(&request.experiment, approval)?;
            let signer = signer.ok_or_else(|| needs_none(&request.experiment))?;
            Ok(signer.name)
        };
        let requests = &asked.context.requests;
        let request = requests.sign(asked.name(), signature, signer)?;
        ok(&Pending::of(request, asked.chaos()))
    };
    call.context.reader.compute(work).await
}

pub(super) async fn withdraw(call: Call) -> Replied {
    request_body::expect_none(&call.body)?;
    call.context.requests.withdraw(call.name())?;
    Ok(no_content())
}
