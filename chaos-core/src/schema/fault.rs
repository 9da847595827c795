//! The schema of faults.

use serde_json::{Value, json};

use super::reference;
use super::values::{count, size};

pub(super) fn fault() -> Value {
    json!({
        "description": "The fault to inject.",
        "anyOf": [
            { "enum": ["panic", "hold_lock"] },
            {
                "type": "object",
                "properties": {
                    "latency": reference("Latency"),
                    "error": reference("Failure"),
                    "timeout": reference("Duration"),
                    "rate_limit": reference("RateLimit"),
                    "circuit_break": {
                        "type": "object",
                        "properties": {
                            "after": count(1),
                            "open_for": reference("Duration"),
                            "half_open": count(1),
                        },
                        "required": ["after"],
                        "additionalProperties": false,
                    },
                    "disconnect": { "anyOf": [
                        { "enum": ["reset", "half_close", "stall"] },
                        only(&[("cut_after", count(0))]),
                        only(&[("reset_after", count(0))]),
                    ] },
                    "bandwidth": only(&[("bytes_per_second", size(1))]),
                    "corrupt": only(&[("bytes", reference("Rate"))]),
                    "slice": only(&[("bytes", count(1))]),
                    "loss": {
                        "type": "object",
                        "properties": {
                            "packets": reference("Rate"),
                            "resent_after": reference("Duration"),
                        },
                        "required": ["packets"],
                        "additionalProperties": false,
                    },
                    "server_sleep": reference("Latency"),
                    "hold_connections": count(1),
                    "crash": { "anyOf": [
                        { "enum": ["abort"] },
                        only(&[("exit", json!({ "type": "integer" }))]),
                    ] },
                    "exhaust": reference("Pressure"),
                },
                "additionalProperties": false,
                "minProperties": 1,
                "maxProperties": 1,
            },
        ],
    })
}

pub(super) fn failure() -> Value {
    json!({
        "description": "The failure that the caller sees.",
        "anyOf": [
            { "enum": [
                "unavailable", "overloaded", "refused", "reset", "closed", "timed_out", "circuit_open", "deadlock",
                "serialization_conflict", "unique_violation", "foreign_key_violation", "check_violation",
                "query_cancelled", "too_many_connections", "read_only", "disk_full", "internal",
                "permission_denied", "not_found",
            ] },
            only(&[("status", json!({ "type": "integer", "minimum": 400, "maximum": 599 }))]),
            only(&[("grpc", json!({ "type": "integer", "minimum": 1, "maximum": 16 }))]),
            only(&[("sql_state", json!({ "type": "string", "pattern": "^(?!00)[0-9A-Z]{5}$" }))]),
        ],
    })
}

pub(super) fn latency() -> Value {
    let duration = reference("Duration");
    json!({
        "description": "The added latency: a duration, or a distribution.",
        "anyOf": [
            duration,
            {
                "type": "object",
                "properties": {
                    "fixed": duration,
                    "uniform": { "type": "array", "items": duration, "minItems": 2, "maxItems": 2 },
                    "normal": only(&[("mean", duration.clone()), ("std_dev", duration.clone())]),
                    "exponential": only(&[("mean", duration.clone())]),
                    "pareto": only(&[
                        ("scale", duration.clone()),
                        ("shape", json!({ "type": "number", "exclusiveMinimum": 0 })),
                    ]),
                    "ramp": duration,
                    "at_most": duration,
                },
                "patternProperties": { "^p[0-9]+(\\.[0-9]+)?$": duration },
                "additionalProperties": false,
                "minProperties": 1,
            },
        ],
    })
}

pub(super) fn rate_limit() -> Value {
    json!({
        "description": "The number of operations that pass in a period.",
        "type": "object",
        "properties": {
            "per_second": count(1),
            "per_minute": count(1),
            "count": count(1),
            "period": reference("Duration"),
            "burst": count(1),
        },
        "additionalProperties": false,
        "oneOf": [
            { "required": ["per_second"] },
            { "required": ["per_minute"] },
            { "required": ["count", "period"] },
        ],
    })
}

/// A map that has exactly these keys.
pub(super) fn only(entries: &[(&str, Value)]) -> Value {
    let keys: Vec<&str> = entries.iter().map(|(key, _)| *key).collect();
    let properties: serde_json::Map<String, Value> = entries
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.clone()))
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": keys,
        "additionalProperties": false,
    })
}
