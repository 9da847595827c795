//! Halts and resumes.

use chaos_core::Attribution;
use http::{Response, StatusCode};

use crate::call::Call;
use crate::problem::Problem;
use crate::reply::{ReplyBody, json};
use crate::request_body;

/// Halts on the thread of the API itself: it waits for no change, no file and no code of the service.
pub(super) async fn halt(call: Call) -> Result<Response<ReplyBody>, Problem> {
    // A reason that can't be read must not prevent it.
    let reason = call.reason().unwrap_or_default();
    let steering = call.chaos().on_behalf_of(call.client.actor());
    let steering = match &reason {
        Some(reason) => steering.because(reason.clone()),
        None => steering,
    };
    steering.halt();
    let mut attribution = Attribution::from(call.client.actor());
    attribution.because = reason;
    // If too many changes wait, the line is missing; the journal has the halt all the same.
    let _ = call.context.worker.run_later(move |workplace| {
        if let Err(problem) = workplace.audit("halt", &[], &attribution) {
            tracing::warn!(?problem, "a halt is missing in the audit file");
        }
    });
    Ok(json(StatusCode::OK, &call.chaos().overview()))
}

pub(super) async fn resume(call: Call) -> Result<Response<ReplyBody>, Problem> {
    request_body::expect_none(&call.body)?;
    let (steering, attribution) = (call.steering()?, call.attribution()?);
    let worker = &call.context.worker;
    worker
        .run(move |workplace| {
            workplace.audit("resume", &[], &attribution)?;
            steering.resume();
            Ok(json(StatusCode::OK, &workplace.chaos.overview()))
        })
        .await
}
