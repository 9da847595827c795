//! Explains whether experiments would hit an operation.

use chaos_core::explain::Explanation;
use serde::Serialize;

use crate::call::Call;
use crate::reply::{Replied, ok};

#[derive(Serialize)]
struct Explained {
    #[serde(flatten)]
    explanation: Explanation,
    /// The same in words, a line for each answer.
    text: String,
}

pub(super) async fn explain(call: Call) -> Replied {
    let service = call.required_query("service")?;
    let operation = call.required_query("operation")?;
    let explanation = call.chaos().explain(&service, operation.as_str());
    let text = explanation.to_string();
    ok(&Explained { explanation, text })
}
