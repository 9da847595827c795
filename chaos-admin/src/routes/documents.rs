//! The OpenAPI document.

use http::{Response, StatusCode};

use crate::call::Call;
use crate::openapi;
use crate::problem::Problem;
use crate::reply::{ReplyBody, json};

pub(super) async fn openapi(call: Call) -> Result<Response<ReplyBody>, Problem> {
    Ok(json(
        StatusCode::OK,
        &openapi::document(call.context.routes),
    ))
}
