//! Explains whether experiments would hit an operation.

use chaos_core::explain::Explanation;
use http::{Response, StatusCode};
use serde::Serialize;

use crate::call::Call;
use crate::problem::Problem;
use crate::reply::{ReplyBody, json};

#[derive(Serialize)]
struct Explained {
    #[serde(flatten)]
    explanation: Explanation,
    /// The same in words, a line for each answer.
    text: String,
}

pub(super) async fn explain(call: Call) -> Result<Response<ReplyBody>, Problem> {
    let service = call.required_query("service")?;
    let operation = call.required_query("operation")?;
    let explanation = call.chaos().explain(&service, operation.as_str());
    let text = explanation.to_string();
    Ok(json(StatusCode::OK, &Explained { explanation, text }))
}
