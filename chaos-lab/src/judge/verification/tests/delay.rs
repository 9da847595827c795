//! Delays, with callers that gave up and callers that wait.

use serde_json::json;

use super::*;

#[test]
fn a_delay_that_operations_did_not_feel_was_not_run() {
    let of = |median: &str, operations: u64, cut_short: u64, in_flight: u64| {
        verdict(&fifth(), |state| {
            state["in_flight"] = json!(in_flight);
            state["delay"] = json!({
                "operations": operations, "cut_short": cut_short, "median": median, "p99": "9s", "longest": "9s"
            });
        })
    };
    for felt in ["985ms", "1s", "1080ms"] {
        assert_eq!(of(felt, 300, 0, 0), Verdict::Met);
    }
    for felt in ["900ms", "1200ms"] {
        assert!(
            matches!(of(felt, 300, 0, 0), Verdict::NotRun { .. }),
            "{felt}"
        );
    }
    assert_not_run(
        &of("200ms", 300, 10, 0),
        "was to delay operations by a median of 1s, but they felt 200ms",
    );
    // Callers that give up after 200 ms, as most of them do, say nothing about what was injected.
    assert_eq!(of("200ms", 300, 290, 0), Verdict::Met);
}

#[test]
fn a_felt_median_may_differ_from_that_of_a_distribution_by_chance() {
    let mut experiment = fifth();
    experiment["fault"] = json!({ "latency": { "uniform": ["0s", "1s"] } });
    let of = |median: &str, operations: u64, cut_short: u64, in_flight: u64| {
        verdict(&experiment, |state| {
            state["in_flight"] = json!(in_flight);
            state["delay"] = json!({
                "operations": operations, "cut_short": cut_short, "median": median, "p99": "1s", "longest": "1s"
            });
        })
    };
    for (felt, operations) in [
        ("460ms", 1_000),
        ("560ms", 1_000),
        ("400ms", 100),
        ("660ms", 100),
    ] {
        assert_eq!(of(felt, operations, 0, 0), Verdict::Met, "{felt}");
    }
    for felt in ["400ms", "660ms"] {
        assert!(
            matches!(of(felt, 1_000, 0, 0), Verdict::NotRun { .. }),
            "{felt}"
        );
        // Operations that still wait may be the long ones, or those that began last.
        assert_eq!(of(felt, 1_000, 0, 400), Verdict::Met);
    }
    // Callers that gave up felt less than was injected.
    assert_eq!(of("400ms", 1_000, 200, 0), Verdict::Met);
}
