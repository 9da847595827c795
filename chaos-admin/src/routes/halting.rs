//! Halts and resumes.

use crate::call::Call;
use crate::page;
use crate::reply::{Replied, ok};
use crate::request_body;

/// Halts on the thread of the API itself: it waits for no change, no file and no code of the service.
pub(super) async fn halt(call: Call) -> Replied {
    // A reason that can't be read must not prevent it.
    let reason = call.reason().unwrap_or_default();
    call.steering_because(reason.clone()).halt();
    let change = call.change_because("halt", Vec::new(), reason);
    // If too many changes wait, the line is missing; the journal has the halt all the same.
    let _ = call.context.worker.submit(move |workplace| {
        if let Err(problem) = workplace.audit(&change) {
            tracing::warn!(?problem, "a halt is missing in the audit file");
        }
    });
    // The form of the page works without its scripts.
    let mode = call.parts.headers.get("sec-fetch-mode");
    if mode.is_some_and(|mode| mode == "navigate") {
        return Ok(page::redirect("../"));
    }
    ok(&call.chaos().overview())
}

pub(super) async fn resume(call: Call) -> Replied {
    request_body::expect_none(&call.body)?;
    let (steering, change) = (call.steering()?, call.change("resume", Vec::new())?);
    call.run(move |workplace| {
        workplace.audit(&change)?;
        steering.resume();
        ok(&workplace.chaos.overview())
    })
    .await
}
