//! The report as JSON.

use chaos_explore::explore;

#[test]
fn the_json_report_has_stable_field_names() {
    let report = explore(async |chaos| chaos.site("bank"))
        .act(async |bank| bank.point("charge").await.is_ok())
        .verify(async |_, paid| assert!(paid, "not paid"))
        .report();
    let json: serde_json::Value = serde_json::from_str(&report.to_json().unwrap()).unwrap();
    let names = |value: &serde_json::Value| -> Vec<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(
        names(&json),
        [
            "absorption",
            "allowed_gaps",
            "around_tests",
            "baseline_failure",
            "baseline_reply",
            "depth",
            "differs",
            "failed_without_faults",
            "findings",
            "gaps",
            "in_tests",
            "late_operations",
            "operations",
            "operations_beyond",
            "order_difference",
            "pruned",
            "runs",
            "seed",
            "shared_state",
            "skipped",
            "test",
            "took",
            "tried",
            "tried_by_size",
            "tries",
            "unanswered",
            "unexplored",
            "unknown_services",
            "unreached",
        ]
    );
    assert_eq!(
        names(&json["absorption"][0]),
        ["fate", "mishap", "operation"]
    );
    assert_eq!(
        names(&json["findings"][0]),
        ["again", "line", "placements", "problems", "then"]
    );
    assert_eq!(json["findings"][0]["again"], "replayed");
    assert_eq!(
        names(&json["pruned"]),
        ["hold_a_finding", "within_an_outage"]
    );
}
