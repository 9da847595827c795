use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::policy_schema;
use super::validator::accepts;
use crate::{Format, Policy};

fn reads(policy: &Value) -> Result<Policy, String> {
    let read = Policy::parse(&policy.to_string(), Format::Json, "policy");
    read.map_err(|error| error.to_string())
}

fn with(entries: &Value) -> Value {
    let mut policy = json!({ "version": 1 });
    for (key, value) in entries.as_object().unwrap() {
        policy[key] = value.clone();
    }
    policy
}

/// The words that the reader's error lists as expected.
fn expected_words(policy: &Value) -> BTreeSet<String> {
    let message = reads(policy).unwrap_err();
    let listed = message.split_once("expected one of ").expect(&message).1;
    listed
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// The keys and choices of a schema.
fn named(pointer: &str) -> BTreeSet<String> {
    let schema = policy_schema();
    let schema = schema.pointer(pointer).expect(pointer);
    match (&schema["properties"], &schema["enum"]) {
        (Value::Object(keys), _) => keys.keys().cloned().collect(),
        (_, Value::Array(words)) => words
            .iter()
            .map(|word| word.as_str().unwrap().to_owned())
            .collect(),
        _ => panic!("{pointer} has no keys or choices"),
    }
}

#[test]
fn the_schema_has_exactly_the_keys_and_choices_that_are_read() {
    let unknown = || json!({ "no such key": 1 });
    for (pointer, policy) in [
        ("", with(&unknown())),
        (
            "/properties/windows",
            with(&json!({ "windows": unknown() })),
        ),
        (
            "/$defs/Window",
            with(&json!({ "windows": { "low": unknown() } })),
        ),
        ("/$defs/Freeze", with(&json!({ "freezes": [unknown()] }))),
        (
            "/properties/longest",
            with(&json!({ "longest": unknown() })),
        ),
        (
            "/properties/approvals",
            with(&json!({ "approvals": unknown() })),
        ),
        (
            "/$defs/Approver",
            with(&json!({ "approvals": { "approvers": [unknown()] } })),
        ),
        (
            "/$defs/Approver/properties/role",
            with(&json!({ "approvals": { "approvers": [{ "role": "x" }] } })),
        ),
        (
            "/properties/highest_risk",
            with(&json!({ "highest_risk": "x" })),
        ),
        (
            "/properties/protected/additionalProperties",
            with(&json!({ "protected": { "a": "x" } })),
        ),
    ] {
        assert_eq!(named(pointer), expected_words(&policy), "{pointer}");
    }
}

#[test]
fn the_schema_has_exactly_the_days_that_are_read() {
    let pattern = policy_schema()["$defs"]["Days"]["pattern"].to_string();
    let read = expected_words(&with(&json!({ "windows": { "low": { "days": "x" } } })));
    let words = pattern.split(|char: char| !char.is_ascii_lowercase());
    let named: BTreeSet<_> = words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    assert_eq!(named, read);
}

#[test]
fn a_written_policy_matches_the_schema() {
    let full = json!({
        "version": 1,
        "time_zone": "Europe/Berlin",
        "windows": {
            "low": { "days": "mon-fri", "hours": "09:00-17:00" },
            "moderate": [{ "days": ["mon", "wed"] }, { "hours": "22:00-24:00" }],
        },
        "holidays": ["2026-12-25", "12-26"],
        "freezes": [{ "from": "2026-12-18", "until": "2027-01-03", "why": "sale" }],
        "protected": { "payments": "absolute", "sms": "high" },
        "at_most_at_once": 1,
        "highest_risk": "high",
        "longest": { "low": "10m", "high": "2m" },
        "approvals": {
            "approvers": [{ "name": "bea", "role": "sre", "key": "ssh-ed25519 AAAA" }],
            "notice": "24h",
            "revenue": ["payments"],
        },
    });
    let written = serde_json::to_value(reads(&full).unwrap()).unwrap();
    for policy in [&full, &written] {
        assert_eq!(
            policy.as_object().unwrap().len(),
            named("").len(),
            "every key"
        );
        assert!(
            accepts(&policy_schema(), &policy_schema(), policy),
            "{policy:#}"
        );
    }
}

#[test]
fn a_refused_policy_does_not_match_the_schema() {
    for bad in [
        json!({ "version": 2 }),
        json!({ "windows": { "low": "mon-fri" } }),
        json!({ "windows": { "lowest": { "days": "mon" } } }),
        json!({ "windows": { "low": { "days": 1 } } }),
        json!({ "holidays": [1] }),
        json!({ "freezes": [{ "from": "2026-12-18" }] }),
        json!({ "protected": { "sms": "low" } }),
        json!({ "at_most_at_once": 0 }),
        json!({ "highest_risk": "none" }),
        json!({ "longest": { "low": 10 } }),
        json!({ "approvals": {} }),
        json!({ "approvals": { "approvers": [{ "name": "bea", "role": "sre" }] } }),
    ] {
        let policy = with(&bad);
        assert!(reads(&policy).is_err(), "{bad}");
        assert!(
            !accepts(&policy_schema(), &policy_schema(), &policy),
            "{bad}"
        );
    }
    assert!(!accepts(&policy_schema(), &policy_schema(), &json!({})));
}
