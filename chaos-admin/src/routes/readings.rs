//! Readings of the world around the service, which a lab posts while it runs.

use chaos_core::Readings;

use crate::call::Call;
use crate::reply::{Replied, no_content, ok};
use crate::request_body;

pub(super) async fn post(call: Call) -> Replied {
    let readings: Readings = request_body::json(&call.parts.headers, &call.body)?;
    call.context.readings.post(readings, &call.client.name)?;
    Ok(no_content())
}

pub(super) async fn list(call: Call) -> Replied {
    ok(&call.context.readings.read())
}
