//! Trends of simulated runs and of reports.

mod history;
mod reports;
mod simulated;

use serde_json::{Value, json};

use crate::report::SuiteReport;
use crate::statistics::Proportion;

/// A run of a scenario of which so many of 600 requests failed, on a day of January.
fn suite(day: usize, failed: u64, change: impl FnOnce(&mut Value)) -> SuiteReport {
    let measured = Proportion::new(failed, 600).and_then(Proportion::estimate);
    let mut suite = json!({
        "version": 1,
        "started": format!("2026-01-{day:02}T00:00:00Z"),
        "suite": "shop",
        "verdict": "met",
        "mttr": { "indicator": "mttr", "limit": 30.0, "measured": null, "verdict": "met" },
        "scenarios": [{ "scenario": "slow payments", "verdict": "met", "path": null }],
        "reports": [{
            "version": 1,
            "scenario": "slow payments",
            "fingerprint": "one",
            "verdict": "met",
            "findings": [
                { "indicator": "error_rate", "limit": 0.05, "measured": measured, "verdict": "met" },
                { "indicator": "recovery", "limit": 10.0, "measured": null, "verdict": "met" },
            ],
            "control_group": null,
            "fates": [{
                "service": "payments", "kind": "client", "operation": "charge", "fault": "latency", "absorbed": 100,
                "surfaced": {}, "unknown": 0,
            }],
            "recovery": null, "stages": [], "lost_entries": 0, "caveats": [],
        }],
    });
    change(&mut suite);
    serde_json::from_value(suite).unwrap()
}

/// Runs on one day after another.
fn suites(failed: &[u64]) -> Vec<SuiteReport> {
    let days = failed.iter().zip(1..);
    days.map(|(failed, day)| suite(day, *failed, |_| {}))
        .collect()
}
