//! The schemas of values that are text or a number.

use serde_json::{Value, json};

pub(super) fn tag() -> Value {
    json!({
        "description": "A mark on a request, such as `canary` or `tenant=acme`.",
        "type": "string",
        "minLength": 1,
        "maxLength": 128,
        "pattern": "^[!-+\\--:<-~]+$",
    })
}

pub(super) fn duration() -> Value {
    // Only the last number may have a fraction, and none is finer than a nanosecond.
    let whole = "([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?([0-9]+[u\u{b5}\u{3bc}]s)?([0-9]+ns)?";
    let last = "([0-9]+\\.([0-9]{1,9}(h|m|s)|[0-9]{1,6}ms|[0-9]{1,3}[u\u{b5}\u{3bc}]s))?";
    json!({
        "description": "A duration such as `250ms` or `1m30s`: units from large to small, each once.",
        "type": "string",
        "minLength": 2,
        "pattern": format!("^{whole}{last}$"),
    })
}

pub(super) fn rate() -> Value {
    json!({
        "description": "A percentage between `0%` and `100%`, such as `2.5%`.",
        "type": "string",
        "pattern": "^(100(\\.0+)?|[0-9]{1,2}(\\.[0-9]+)?)%$",
    })
}

pub(super) fn consent() -> Value {
    json!({
        "description": "A consent such as `{ who: anna, why: game day }`.",
        "type": "object",
        "properties": {
            "who": { "description": "The person or team that consents.", "type": "string", "minLength": 1 },
            "why": { "type": "string", "minLength": 1 },
        },
        "required": ["who"],
        "additionalProperties": false,
    })
}

/// Text that is not empty; in YAML it may look like a number.
pub(super) fn name() -> Value {
    json!({ "type": "string", "minLength": 1 })
}

/// A whole number of at least `least`.
pub(super) fn count(least: u16) -> Value {
    json!({ "type": "integer", "minimum": least })
}

/// A size of at least `least` bytes.
pub(super) fn size(least: u16) -> Value {
    json!({
        "description": "Bytes: a whole number, or a text such as `64MiB` or `10 MB`.",
        "anyOf": [
            count(least),
            { "type": "string", "pattern": "^ *[0-9]+(\\.[0-9]+)? *(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)? *$" },
        ],
    })
}

/// One `item`, or a list of them.
pub(super) fn one_or_many(item: &Value) -> Value {
    json!({ "anyOf": [item, { "type": "array", "items": item }] })
}

/// Requires exactly one of `keys`.
pub(super) fn exactly_one(keys: &[&str]) -> Value {
    keys.iter()
        .map(|key| json!({ "required": [key] }))
        .collect()
}
