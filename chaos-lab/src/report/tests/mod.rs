//! Reports in each format.

mod drawings;
mod for_machines;
mod made_up;
mod pages;
mod texts;

use serde_json::json;

use super::{Report, SuiteReport};

/// A suite with a scenario of each verdict, in a few lines.
fn small() -> SuiteReport {
    let finding = |indicator: &str, value: f64, verdict: &str| {
        let measured = json!({ "value": value, "lower": value / 2.0, "upper": value * 2.0 });
        json!({ "indicator": indicator, "limit": 0.05, "measured": measured, "verdict": verdict })
    };
    let unknown =
        json!({ "indicator": "mttr", "limit": 30.0, "measured": null, "verdict": "violated" });
    let stage = json!({
        "stage": "inject", "lasted": "2500ms", "failed": { "count": 1, "of": 8 }, "unhealthy": { "count": 0, "of": 0 }, "latency": null
    });
    let report = |scenario: &str, verdict: serde_json::Value, findings: &[serde_json::Value]| {
        json!({
            "version": 1, "scenario": scenario, "verdict": verdict, "findings": findings, "control_group": null, "fates": [],
            "recovery": null, "stages": [stage], "lost_entries": 0, "caveats": []
        })
    };
    let whys = [
        json!("met"),
        json!("violated"),
        json!({ "inconclusive": { "why": "8 requests are too few to decide", "needed": 59 } }),
        json!({ "aborted": { "why": "interrupted" } }),
        json!({ "not_run": { "why": "the suite ended before it" } }),
    ];
    let findings = [
        vec![
            finding("error_rate", 0.0125, "met"),
            finding("availability", 0.995, "met"),
            finding("latency_degradation", 0.250_123_456_789, "met"),
            finding("recovery", 0.0, "met"),
        ],
        vec![finding("error_rate", 0.5, "violated"), unknown],
        vec![],
        vec![finding("mttr", 3.0, "violated")],
    ];
    let names = [
        "first",
        "second \"<\\>\"\n\u{1b}",
        "third",
        "fourth",
        "fifth",
    ];
    let results = names.iter().zip(&whys).map(|(scenario, verdict)| {
        let path = (*scenario != "fifth").then_some("directory/report.md");
        json!({ "scenario": scenario, "verdict": verdict, "remarks": ["a remark & more", "`another`"], "path": path })
    });
    let reports = names.iter().zip(&whys).zip(&findings);
    let reports =
        reports.map(|((scenario, verdict), findings)| report(scenario, verdict.clone(), findings));
    let suite = json!({
        "version": 1, "suite": "smoke", "verdict": "violated", "mttr": finding("mttr", 3.0, "met"),
        "scenarios": results.collect::<Vec<_>>(), "reports": reports.collect::<Vec<_>>(),
    });
    serde_json::from_value(suite).unwrap()
}

/// A suite whose first scenario is worse than it was, beside earlier runs.
fn beside_earlier_runs() -> SuiteReport {
    let mut suite = serde_json::to_value(small()).unwrap();
    let times = (1..=8).map(|day| format!("2026-01-{day:02}T00:00:00Z"));
    let point = |(started, value): (String, f64)| {
        let measured = json!({ "value": value, "lower": value - 0.01, "upper": value + 0.01 });
        json!({ "started": started, "verdict": "met", "measured": measured })
    };
    let values = [0.02, 0.03, 0.02, 0.03, 0.02, 0.03, 0.08, 0.08];
    let mut points: Vec<_> = times.zip(values).map(point).collect();
    points[2]["measured"] = json!(null);
    let difference = json!({ "value": 0.056, "lower": 0.045, "upper": 0.067 });
    let moved = json!({ "since": "2026-01-07T00:00:00Z", "before": 0.024, "now": 0.08, "difference": difference });
    let trend = |scenario: &str, indicator: &str, movement: serde_json::Value| json!({ "scenario": scenario, "indicator": indicator, "points": points, "movement": movement });
    suite["trend"] = json!([
        trend("first", "error_rate", json!({ "regression": moved })),
        trend("first", "availability", json!("steady")),
        trend("second \"<\\>\"", "error_rate", json!("too_few_runs")),
    ]);
    suite["since_last"] = json!([
        { "scenario": "first", "what": "verdict", "before": "violated", "now": "met" },
        { "scenario": "third", "what": "fault `latency` at `charge` of payments", "before": "none", "now": "all" },
    ]);
    suite["unread"] = json!(["2026-01-03/report.json: EOF"]);
    serde_json::from_value(suite).unwrap()
}

/// A report without what earlier versions did not write.
fn without_series(report: &Report) -> Report {
    let mut old = serde_json::to_value(report).unwrap();
    assert!(old.as_object_mut().unwrap().remove("series").is_some());
    serde_json::from_value(old).unwrap()
}
