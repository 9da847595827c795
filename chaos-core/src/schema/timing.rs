//! The schema of patterns.

use serde_json::{Value, json};

use super::reference;
use super::values::count;

pub(super) fn pattern() -> Value {
    json!({
        "description": "The operations within the traffic that an experiment affects.",
        "type": "object",
        "properties": {
            "skip": count(0),
            "per": { "enum": ["operation", "request"] },
            "first": count(1),
            "every": count(1),
            "burst": {
                "type": "object",
                "properties": { "hit": count(1), "pass": count(1) },
                "required": ["hit", "pass"],
                "additionalProperties": false,
            },
            "sequence": { "type": "array", "items": { "enum": ["fail", "pass"] }, "minItems": 1 },
            "then": { "enum": ["pass", "fail", "repeat"] },
            "ramp": {
                "type": "object",
                "properties": {
                    "from": reference("Rate"),
                    "to": reference("Rate"),
                    "operations": count(1),
                },
                "required": ["from", "to", "operations"],
                "additionalProperties": false,
            },
        },
        "additionalProperties": false,
        "dependentRequired": { "then": ["sequence"] },
    })
}
