//! The schema of pressures.

use serde_json::{Value, json};

use super::fault::only;
use super::reference;
use super::values::{count, exactly_one, size};

pub(super) fn pressure() -> Value {
    json!({
        "description": "The resource that becomes scarce for the whole process, and how it is held.",
        "type": "object",
        "properties": {
            "cpu": only(&[("workers", count(1)), ("duty", reference("Rate"))]),
            "memory": one_of(&[("bytes", size(1)), ("share", reference("Rate"))]),
            "leak": only(&[("bytes_per_second", size(1)), ("at_most", size(1))]),
            "disk_io": only(&[("workers", count(1)), ("bytes_per_second", size(4096))]),
            "disk_fill": one_of(&[("bytes", size(1)), ("leave", size(0))]),
            "descriptors": reference("Rate"),
            "threads": count(1),
            "runtime_workers": only(&[("workers", count(1)), ("blocked_for", reference("Duration"))]),
            "blocking_pool": count(1),
            "clock": one_of(&[("ahead", reference("Duration")), ("behind", reference("Duration"))]),
            "ramp": reference("Duration"),
            "hold": reference("Duration"),
            "reserve": reference("Rate"),
            "directory": { "type": "string" },
            "consent": reference("Consent"),
        },
        "additionalProperties": false,
        "oneOf": exactly_one(&[
            "cpu", "memory", "leak", "disk_io", "disk_fill", "descriptors", "threads", "runtime_workers",
            "blocking_pool", "clock",
        ]),
        "dependentSchemas": {
            "reserve": require_one(&["memory", "leak", "disk_io", "disk_fill", "threads", "blocking_pool"]),
            "directory": require_one(&["disk_io", "disk_fill"]),
            "consent": require_one(&["disk_fill"]),
        },
    })
}

/// Requires at least one of these keys.
fn require_one(keys: &[&str]) -> Value {
    json!({ "anyOf": exactly_one(keys) })
}

/// Describes a map with exactly one of these keys.
fn one_of(entries: &[(&str, Value)]) -> Value {
    let choices: Vec<_> = entries
        .iter()
        .map(|entry| only(std::slice::from_ref(entry)))
        .collect();
    json!({ "anyOf": choices })
}
