//! The OpenAPI document.

use crate::call::Call;
use crate::openapi;
use crate::reply::{Replied, ok};

pub(super) async fn openapi(call: Call) -> Replied {
    ok(&openapi::document(call.context.routes))
}
