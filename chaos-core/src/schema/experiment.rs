//! The schema of experiments and of the conditions that end them.

use serde_json::{Value, json};

use super::reference;
use super::values::{count, exactly_one, one_or_many};

pub(super) fn experiment() -> Value {
    let mut faults = one_or_many(&reference("Fault"));
    faults["anyOf"][1]["minItems"] = json!(1);
    json!({
        "description": "One experiment: what goes wrong, where, when, for how long, and why.",
        "type": "object",
        "properties": {
            "name": reference("Name"),
            "why": { "description": "The question that it answers.", "type": "string" },
            "owner": { "description": "The person or team that is responsible.", "type": "string" },
            "labels": { "type": "object", "additionalProperties": { "type": "string" } },
            "fault": faults,
            "faults": faults,
            "blast_radius": reference("BlastRadius"),
            "phase": { "enum": ["before", "after", "during", "not_ready"] },
            "pattern": reference("Pattern"),
            "time_limit": reference("Duration"),
            "until": {
                "description": "The latest end.",
                "type": "string",
                "format": "date-time",
            },
            "abort_when": { "type": "array", "items": reference("Condition") },
            "dry_run": { "type": "boolean" },
            "consent": {
                "description": "What is consented to besides a radius of everything.",
                "type": "object",
                "properties": { "production": reference("Consent"), "destruction": reference("Consent") },
                "additionalProperties": false,
                "minProperties": 1,
            },
            "allow_collateral": { "type": "boolean" },
            "risk_at_least": { "enum": ["low", "moderate", "high", "critical"] },
        },
        "required": ["name", "blast_radius"],
        "additionalProperties": false,
        "oneOf": exactly_one(&["fault", "faults"]),
    })
}

pub(super) fn condition() -> Value {
    json!({
        "description": "A condition that ends an experiment.",
        "type": "object",
        "properties": {
            "error_rate": reference("Rate"),
            "latency": {
                "type": "object",
                "patternProperties": { "^p[0-9]+(\\.[0-9]+)?$": reference("Duration") },
                "additionalProperties": false,
                "minProperties": 1,
                "maxProperties": 1,
            },
            "consecutive_failures": count(1),
            "probe": reference("Name"),
            "at": reference("Name"),
            "over": reference("Duration"),
            "min_samples": count(1),
            "among": { "enum": ["all", "treated", "untreated"] },
            "every": reference("Duration"),
            "deadline": reference("Duration"),
        },
        "additionalProperties": false,
        "oneOf": exactly_one(&["error_rate", "latency", "consecutive_failures", "probe"]),
    })
}
