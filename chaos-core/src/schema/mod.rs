//! The JSON Schemas of experiment and policy files, for editors and other tools.
//!
//! They are written by hand because most types are deserialized by hand; the tests compare them with what is read.

mod experiment;
mod fault;
mod policy;
mod pressure;
mod radius;
#[cfg(feature = "schemars")]
mod schemars;
mod timing;
mod values;

use serde_json::{Value, json};

/// Returns the JSON Schema (draft 2020-12) of experiment files in any format.
///
/// The schema describes the keys, the choices, and the form of durations and rates. Combinations of values are checked
/// when a file is read.
///
/// ```
/// let schema = chaos_core::experiment_schema();
/// assert_eq!(schema["required"], serde_json::json!(["version", "experiments"]));
/// ```
#[must_use]
pub fn experiment_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Chaos experiments",
        "type": "object",
        "properties": {
            "version": { "description": "The version of this format.", "const": 1 },
            "experiments": { "type": "array", "items": reference("Experiment") },
            "approvals": {
                "description": "Approvals of the experiments, as `chaos-lab approve` writes them.",
                "type": "array",
                "items": { "type": "string" },
            },
        },
        "required": ["version", "experiments"],
        "additionalProperties": false,
        "$defs": {
            "Experiment": experiment::experiment(),
            "Condition": experiment::condition(),
            "Fault": fault::fault(),
            "Failure": fault::failure(),
            "Latency": fault::latency(),
            "RateLimit": fault::rate_limit(),
            "Pressure": pressure::pressure(),
            "BlastRadius": radius::blast_radius(),
            "Consent": values::consent(),
            "Tag": values::tag(),
            "Pattern": timing::pattern(),
            "Duration": values::duration(),
            "Rate": values::rate(),
            "Name": values::name(),
        },
    })
}

/// Returns the JSON Schema (draft 2020-12) of [policy](crate::Policy) files in any format.
///
/// The schema describes the keys, the choices, and the form of days, hours and durations. Dates, time zones and
/// combinations of values are checked when a file is read.
///
/// ```
/// let schema = chaos_core::policy_schema();
/// assert_eq!(schema["required"], serde_json::json!(["version"]));
/// ```
#[must_use]
pub fn policy_schema() -> Value {
    policy::policy()
}

/// A reference to the definition of this name.
fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

#[cfg(test)]
mod policy_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod validator;
