//! The schema of policies.

use serde_json::{Value, json};

use super::reference;
use super::values::{count, duration, name, one_or_many};

pub(super) fn policy() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Chaos policy",
        "description": "Rules about which experiments may start.",
        "type": "object",
        "properties": {
            "version": { "description": "The version of this format.", "const": 1 },
            "time_zone": { "description": "The zone of all days and hours; defaults to `UTC`.", "type": "string" },
            "windows": by_risk(&one_or_many(&reference("Window"))),
            "holidays": { "type": "array", "items": holiday() },
            "freezes": { "type": "array", "items": reference("Freeze") },
            "protected": {
                "description": "The grades of services.",
                "type": "object",
                "additionalProperties": { "enum": ["medium", "high", "absolute"] },
            },
            "at_most_at_once": count(1),
            "highest_risk": { "enum": ["low", "moderate", "high", "critical"] },
            "longest": by_risk(&reference("Duration")),
            "approvals": approvals(),
        },
        "required": ["version"],
        "additionalProperties": false,
        "$defs": {
            "Window": window(),
            "Freeze": freeze(),
            "Approver": approver(),
            "Days": { "type": "string", "pattern": days_pattern() },
            "Date": date(),
            "Duration": duration(),
        },
    })
}

/// A value for each risk; a risk without one has that of the next lower risk.
fn by_risk(value: &Value) -> Value {
    json!({
        "description": "By risk; one without an entry has that of the next lower risk.",
        "type": "object",
        "properties": { "low": value, "moderate": value, "high": value, "critical": value },
        "additionalProperties": false,
    })
}

fn window() -> Value {
    json!({
        "description": "When experiments may start.",
        "type": "object",
        "properties": {
            "days": one_or_many(&reference("Days")),
            "hours": {
                "description": "Hours such as `09:00-17:00`, or `22:00-06:00` across midnight.",
                "type": "string",
                "pattern": "^[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$",
            },
        },
        "additionalProperties": false,
        "minProperties": 1,
    })
}

fn approvals() -> Value {
    json!({
        "description": "Whose approval a start needs.",
        "type": "object",
        "properties": {
            "approvers": { "type": "array", "items": reference("Approver"), "minItems": 1 },
            "notice": {
                "description": "The time from asking to the earliest start at high risk; defaults to `72h`.",
                "$ref": "#/$defs/Duration",
            },
            "revenue": {
                "description": "Services that raise what is needed by one.",
                "type": "array",
                "items": { "type": "string" },
            },
        },
        "required": ["approvers"],
        "additionalProperties": false,
    })
}

fn approver() -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": name(),
            "role": { "enum": ["sre", "executive"] },
            "key": { "description": "A public key, as `ssh-keygen` writes it to a `.pub` file.", "type": "string" },
        },
        "required": ["name", "role", "key"],
        "additionalProperties": false,
    })
}

fn days_pattern() -> String {
    let day = "(mon|tue|wed|thu|fri|sat|sun)";
    format!("^{day}(-{day})?$")
}

fn holiday() -> Value {
    json!({
        "description": "A date such as `2026-12-25`, or `12-25` for every year.",
        "type": "string",
        "pattern": "^([0-9]{4}-)?[0-9]{2}-[0-9]{2}$",
    })
}

fn freeze() -> Value {
    json!({
        "description": "Days on which nothing may start, the first and the last included.",
        "type": "object",
        "properties": {
            "from": reference("Date"),
            "until": reference("Date"),
            "why": { "type": "string" },
        },
        "required": ["from", "until"],
        "additionalProperties": false,
    })
}

fn date() -> Value {
    json!({ "type": "string", "format": "date" })
}
