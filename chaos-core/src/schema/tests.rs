use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::experiment_schema;
use crate::{Experiment, Risk, Tag};

fn accepts(schema: &Value, value: &Value) -> bool {
    super::validator::accepts(&experiment_schema(), schema, value)
}

fn file(experiment: &Value) -> Value {
    json!({ "version": 1, "experiments": [experiment] })
}

/// A minimal experiment with these entries.
fn with(entries: &Value) -> Value {
    let mut experiment = json!({ "name": "x", "blast_radius": { "points_at": "pms" } });
    for (key, value) in entries.as_object().unwrap() {
        experiment[key] = value.clone();
    }
    if experiment.get("fault").is_none() {
        experiment["fault"] = json!("panic");
    }
    experiment
}

fn reads(experiment: &Value) -> Result<Experiment, String> {
    serde_json::from_str(&experiment.to_string()).map_err(|error| error.to_string())
}

/// A pointer into the schema, and a function that returns an experiment with a value at that place.
type AtPlace = (&'static str, fn(Value) -> Value);

const PLACES: [AtPlace; 27] = [
    ("/$defs/Experiment", |value| value),
    ("/$defs/BlastRadius", |value| {
        with(&json!({ "blast_radius": value }))
    }),
    ("/$defs/Consent", |value| {
        with(&json!({ "blast_radius": { "everything": value } }))
    }),
    ("/$defs/Experiment/properties/consent", |value| {
        with(&json!({ "consent": value }))
    }),
    ("/$defs/Pattern", |value| with(&json!({ "pattern": value }))),
    ("/$defs/Pattern/properties/burst", |value| {
        with(&json!({ "pattern": { "burst": value } }))
    }),
    ("/$defs/Pattern/properties/ramp", |value| {
        with(&json!({ "pattern": { "ramp": value } }))
    }),
    ("/$defs/Condition", |value| {
        with(&json!({ "abort_when": [value] }))
    }),
    ("/$defs/Fault/anyOf/1", |value| {
        with(&json!({ "fault": value }))
    }),
    ("/$defs/Failure", |value| {
        with(&json!({ "fault": { "error": value } }))
    }),
    ("/$defs/Latency/anyOf/1", |value| {
        with(&json!({ "fault": { "latency": value } }))
    }),
    ("/$defs/Latency/anyOf/1/properties/normal", |value| {
        with(&json!({ "fault": { "latency": { "normal": value } } }))
    }),
    ("/$defs/Latency/anyOf/1/properties/exponential", |value| {
        with(&json!({ "fault": { "latency": { "exponential": value } } }))
    }),
    ("/$defs/Latency/anyOf/1/properties/pareto", |value| {
        with(&json!({ "fault": { "latency": { "pareto": value } } }))
    }),
    ("/$defs/RateLimit", |value| {
        with(&json!({ "fault": { "rate_limit": value } }))
    }),
    ("/$defs/Fault/anyOf/1/properties/circuit_break", |value| {
        with(&json!({ "fault": { "circuit_break": value } }))
    }),
    ("/$defs/Fault/anyOf/1/properties/bandwidth", |value| {
        with(&json!({ "fault": { "bandwidth": value } }))
    }),
    ("/$defs/Fault/anyOf/1/properties/disconnect", |value| {
        with(&json!({ "fault": { "disconnect": value } }))
    }),
    ("/$defs/Fault/anyOf/1/properties/crash", |value| {
        with(&json!({ "fault": { "crash": value } }))
    }),
    ("/$defs/Pressure", |value| {
        with(&json!({ "fault": { "exhaust": value } }))
    }),
    ("/$defs/Pressure/properties/cpu", |value| {
        with(&json!({ "fault": { "exhaust": { "cpu": value } } }))
    }),
    ("/$defs/Pressure/properties/memory", |value| {
        with(&json!({ "fault": { "exhaust": { "memory": value } } }))
    }),
    ("/$defs/Pressure/properties/leak", |value| {
        with(&json!({ "fault": { "exhaust": { "leak": value } } }))
    }),
    ("/$defs/Pressure/properties/disk_io", |value| {
        with(&json!({ "fault": { "exhaust": { "disk_io": value } } }))
    }),
    ("/$defs/Pressure/properties/disk_fill", |value| {
        with(&json!({ "fault": { "exhaust": { "disk_fill": value } } }))
    }),
    ("/$defs/Pressure/properties/runtime_workers", |value| {
        with(&json!({ "fault": { "exhaust": { "runtime_workers": value } } }))
    }),
    ("/$defs/Pressure/properties/clock", |value| {
        with(&json!({ "fault": { "exhaust": { "clock": value } } }))
    }),
];

/// Places that allow one of several words.
const CHOICES: [AtPlace; 6] = [
    ("/$defs/Experiment/properties/phase", |value| {
        with(&json!({ "phase": value }))
    }),
    ("/$defs/Experiment/properties/risk_at_least", |value| {
        with(&json!({ "risk_at_least": value }))
    }),
    ("/$defs/Pattern/properties/per", |value| {
        with(&json!({ "pattern": { "per": value } }))
    }),
    ("/$defs/Pattern/properties/then", |value| {
        with(&json!({ "pattern": { "then": value } }))
    }),
    ("/$defs/Pattern/properties/sequence/items", |value| {
        with(&json!({ "pattern": { "sequence": [value] } }))
    }),
    ("/$defs/Condition/properties/among", |value| {
        with(&json!({ "abort_when": [{ "among": value }] }))
    }),
];

/// The words that the reader's error lists as expected.
fn expected_words(experiment: &Value) -> BTreeSet<String> {
    let message = reads(experiment).unwrap_err();
    let listed = message.split_once("expected ").expect(&message).1;
    let words = listed.split('`').skip(1).step_by(2).map(str::to_owned);
    // A quantile is an example of a key, not a key.
    words
        .filter(|word| !matches!(word.as_str(), "p50" | "p99"))
        .collect()
}

/// The keys and choices of a schema and of its alternatives.
fn named(schema: &Value) -> BTreeSet<String> {
    let keys = schema["properties"]
        .as_object()
        .into_iter()
        .flat_map(serde_json::Map::keys)
        .cloned();
    let choices = schema["enum"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|choice| choice.as_str().unwrap().to_owned());
    let alternatives = schema["anyOf"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(named);
    keys.chain(choices).chain(alternatives).collect()
}

#[test]
fn the_schema_has_exactly_the_keys_and_choices_that_are_read() {
    let schema = experiment_schema();
    for (pointer, build) in PLACES {
        let mut named = named(schema.pointer(pointer).expect(pointer));
        if pointer == "/$defs/Fault/anyOf/1" {
            named.extend(["panic", "hold_lock"].map(str::to_owned));
        }
        let read = expected_words(&build(json!({ "no such key": 1 })));
        assert_eq!(named, read, "{pointer}");
    }
    for (pointer, build) in CHOICES {
        let read = expected_words(&build(json!("no such choice")));
        assert_eq!(
            named(schema.pointer(pointer).expect(pointer)),
            read,
            "{pointer}"
        );
    }
}

#[test]
fn written_experiments_match_the_schema() {
    let full = full_example();
    let written = serde_json::to_value(reads(&full).unwrap().risk_at_least(Risk::High)).unwrap();
    for experiment in [full, written] {
        let keys = experiment.as_object().unwrap().len();
        assert_eq!(
            keys, 15,
            "the example has every key but one of `fault` and `faults`"
        );
        assert!(
            accepts(&experiment_schema(), &file(&experiment)),
            "{experiment:#}"
        );
    }
}

#[test]
fn refused_experiments_do_not_match_the_schema() {
    for bad in [
        json!({ "rate": "1%" }),
        json!({ "blast_radius": { "points_at": "a", "calls_to": "b" } }),
        json!({ "blast_radius": { "points_at": "a", "at_most": 0 } }),
        json!({ "phase": "never" }),
        json!({ "fault": { "latency": { "q50": "1s" } } }),
        json!({ "fault": { "circuit_break": { "half_open": 1 } } }),
        json!({ "fault": { "exhaust": { "threads": 1, "blocking_pool": 1 } } }),
        json!({ "fault": { "exhaust": { "threads": 0 } } }),
        json!({ "fault": { "exhaust": { "descriptors": "100%", "reserve": "20%" } } }),
        json!({ "fault": { "exhaust": { "threads": 1, "directory": "/data" } } }),
        json!({ "fault": { "exhaust": { "threads": 1, "consent": { "who": "anna" } } } }),
        json!({ "consent": "agreed" }),
        json!({ "consent": { "everything": { "who": "anna" } } }),
        json!({ "consent": { "production": { "why": "game day" } } }),
        json!({ "blast_radius": { "everything": "agreed" } }),
        json!({ "faults": "panic" }),
        json!({ "time_limit": 5 }),
    ] {
        let experiment = with(&bad);
        assert!(
            reads(&experiment).is_err() || reads(&experiment).unwrap().check().is_err(),
            "{bad}"
        );
        assert!(!accepts(&experiment_schema(), &file(&experiment)), "{bad}");
    }
    assert!(!accepts(
        &experiment_schema(),
        &json!({ "experiments": [] })
    ));
    assert!(!accepts(&experiment_schema(), &json!({ "version": 1 })));
    assert!(!accepts(
        &experiment_schema(),
        &json!({ "version": 2, "experiments": [] })
    ));
}

#[test]
fn the_schema_of_a_tag_allows_what_its_constructor_allows() {
    let schema = &experiment_schema()["$defs"]["Tag"];
    assert_eq!(schema["type"], "string");
    assert_eq!(schema["pattern"], "^[!-+\\--:<-~]+$");
    let longest = usize::try_from(schema["maxLength"].as_u64().unwrap()).unwrap();
    assert!(Tag::new("x".repeat(longest)).is_ok());
    assert!(Tag::new("x".repeat(longest + 1)).is_err());
}

/// An experiment with every key and most of their values.
fn full_example() -> Value {
    json!({
        "name": "full",
        "why": "to see all",
        "owner": "us",
        "labels": { "team": "orders" },
        "faults": [
            "panic",
            { "latency": "1s" },
            { "latency": { "p50": "20ms", "p99.9": "1s", "ramp": "30s", "at_most": "5s" } },
            { "latency": { "fixed": "1s", "ramp": "30s" } },
            { "latency": { "uniform": ["10ms", "50ms"] } },
            { "latency": { "normal": { "mean": "1s", "std_dev": "10ms" } } },
            { "latency": { "exponential": { "mean": "1s" } } },
            { "latency": { "pareto": { "scale": "1s", "shape": 1.5 } } },
            { "error": "deadlock" },
            { "error": { "status": 503 } },
            { "error": { "grpc": 14 } },
            { "error": { "sql_state": "40P01" } },
            { "timeout": "1m30s" },
            { "rate_limit": { "per_second": 5, "burst": 2 } },
            { "rate_limit": { "per_minute": 5 } },
            { "rate_limit": { "count": 5, "period": "7s" } },
            { "circuit_break": { "after": 5, "open_for": "10s", "half_open": 2 } },
            { "disconnect": "reset" },
            { "disconnect": { "cut_after": 100 } },
            { "bandwidth": { "bytes_per_second": 1000 } },
            { "corrupt": { "bytes": "0.1%" } },
            { "slice": { "bytes": 10 } },
            { "loss": { "packets": "1%", "resent_after": "250ms" } },
            { "server_sleep": "1s" },
            { "hold_connections": 3 },
            "hold_lock",
            { "disconnect": { "reset_after": 10 } },
            { "disconnect": "half_close" },
            { "crash": "abort" },
            { "crash": { "exit": -1 } },
            { "exhaust": { "cpu": { "workers": 2, "duty": "50%" }, "ramp": "10s", "hold": "1m" } },
            { "exhaust": { "memory": { "share": "80%" }, "reserve": "20%" } },
            { "exhaust": { "leak": { "bytes_per_second": 1, "at_most": "5 MiB" } } },
            { "exhaust": { "disk_io": { "workers": 1, "bytes_per_second": 5000 }, "directory": "/data" } },
            { "exhaust": { "disk_fill": { "leave": 5 }, "consent": { "who": "anna" } } },
            { "exhaust": { "descriptors": "90%" } },
            { "exhaust": { "threads": 5 } },
            { "exhaust": { "runtime_workers": { "workers": 1, "blocked_for": "1s" } } },
            { "exhaust": { "blocking_pool": 512 } },
            { "exhaust": { "clock": { "behind": "1m" } } },
        ],
        "blast_radius": {
            "services": ["a", "b"],
            "operation": "POST *",
            "attributes": { "table": "orders" },
            "tagged": ["canary", "tenant=acme"],
            "rate": "10%",
            "at_most": 100,
            "concurrent": 5,
            "share_of_instances": "20%",
        },
        "phase": "after",
        "pattern": { "sequence": ["fail", "pass"], "then": "repeat", "skip": 3, "per": "request" },
        "time_limit": "1m",
        "until": "2040-01-01T00:00:00Z",
        "abort_when": [
            { "error_rate": "5%", "at": "orders", "over": "20s", "min_samples": 5, "among": "untreated" },
            { "latency": { "p99": "1s" } },
            { "consecutive_failures": 5 },
            { "probe": "db-up", "every": "2s", "deadline": "3s" },
        ],
        "dry_run": true,
        "consent": {
            "production": { "who": "anna", "why": "game day" },
            "destruction": { "who": "ben" },
        },
        "allow_collateral": true,
        "risk_at_least": "high",
    })
}
