//! What reports say beside earlier ones.

use serde_json::{Value, json};

use super::super::{over_runs::trends, since_last::changes};
use super::{suite, suites};
use crate::report::{Movement, SuiteReport};

const CALM: [u64; 8] = [12, 11, 13, 12, 14, 10, 12, 13];

fn sentences(earlier: &[SuiteReport], change: impl FnOnce(&mut Value)) -> Vec<String> {
    let changes = changes(earlier, &suite(9, 12, change));
    changes
        .iter()
        .map(|change| change.words().concat())
        .collect()
}

#[test]
fn nothing_changed_where_nothing_differs_beyond_its_bounds() {
    assert_eq!(changes(&[], &suite(9, 12, |_| {})), []);
    let earlier = suites(&CALM);
    let changed = sentences(&earlier, |suite| {
        // One of a hundred is no difference yet.
        suite["reports"][0]["fates"][0]["surfaced"] = json!({ "503": 1 });
    });
    assert_eq!(changed, [""; 0]);
}

#[test]
fn what_changed_since_the_last_run_is_named() {
    let mut earlier = suites(&CALM);
    earlier.push(suite(9, 12, |suite| {
        suite["reports"][0]["findings"][1]["measured"] =
            json!({ "value": 2.0, "lower": 1.0, "upper": 2.0 });
        let gone = json!({ "scenario": "refused payments", "verdict": "met", "path": null });
        suite["scenarios"].as_array_mut().unwrap().push(gone);
    }));
    let changed = sentences(&earlier, |suite| {
        suite["scenarios"][0]["verdict"] = "violated".into();
        let new = json!({ "scenario": "lost payments", "verdict": "met", "path": null });
        suite["scenarios"].as_array_mut().unwrap().push(new);
        let report = &mut suite["reports"][0];
        report["findings"][0]["limit"] = 0.01.into();
        report["findings"][1]["measured"] = json!({ "value": 7.0, "lower": 6.0, "upper": 7.0 });
        report["fates"][0]["surfaced"] = json!({ "503": 30, "timeout": 10 });
    });
    let expected = [
        "`slow payments`: verdict: met before, now violated.",
        "`lost payments`: scenario: not in the suite before, now in it.",
        "`slow payments`: limit of error rate: ≤ 5 % before, now ≤ 1 %.",
        "`slow payments`: recovery: 2 s before, now 7 s.",
        "`slow payments`: fault `latency` at `charge` of payments: 0 of 100 struck requests failed before, now 40 of 140 struck \
         requests failed.",
        "`refused payments`: scenario: in the suite before, now not in this run.",
    ];
    assert_eq!(changed, expected);
}

#[test]
fn a_scenario_with_another_plan_is_not_compared_with_its_earlier_self() {
    let earlier = suites(&CALM);
    let latest = suite(9, 120, |suite| {
        suite["reports"][0]["fingerprint"] = "another".into();
        suite["reports"][0]["fates"][0]["surfaced"] = json!({ "503": 100 });
    });
    let changes = changes(&earlier, &latest);
    let [plan] = &changes[..] else {
        panic!("{changes:?}");
    };
    assert_eq!(plan.what, "plan");
    let trends = trends(&earlier, &latest);
    assert_eq!(trends[0].points.len(), 1);
    assert_eq!(trends[0].movement, Movement::TooFewRuns);
}

#[test]
fn a_step_is_a_regression_since_its_first_run() {
    let earlier = suites(&CALM);
    let steady = trends(&earlier, &suite(9, 13, |_| {}));
    // Nothing was measured of the recovery.
    assert_eq!(steady.len(), 1);
    assert_eq!(steady[0].movement, Movement::Steady);
    let latest = suite(9, 60, |_| {});
    let worse = trends(&earlier, &latest);
    let Movement::Regression(moved) = &worse[0].movement else {
        panic!("{worse:?}");
    };
    assert_eq!(Some(moved.since), latest.started);
    assert!(moved.difference.lower > 0.05, "{moved:?}");
    assert!((moved.now - 0.1).abs() < 1e-9, "{moved:?}");
}

#[test]
fn fewer_good_probes_are_a_regression_and_more_are_none() {
    let of = |good: u64| {
        let availability = move |suite: &mut Value| {
            suite["reports"][0]["findings"][0]["indicator"] = "availability".into();
        };
        move |day| suite(day, good, availability)
    };
    let earlier: Vec<_> = (1..=8).map(of(560)).collect();
    let worse = trends(&earlier, &of(440)(9));
    assert!(
        matches!(worse[0].movement, Movement::Regression(_)),
        "{worse:?}"
    );
    let better = trends(&earlier, &of(600)(9));
    assert!(
        !matches!(better[0].movement, Movement::Regression(_)),
        "{better:?}"
    );
}

#[test]
fn an_aborted_run_and_a_value_without_bounds_are_shown_and_do_not_count() {
    let earlier = suites(&CALM);
    let changes: [fn(&mut Value); 3] = [
        |report| report["verdict"] = json!({ "aborted": { "why": "interrupted" } }),
        |report| report["findings"][0]["measured"]["upper"] = Value::Null,
        |report| {
            report["findings"][0]["measured"] = json!({ "value": 1.0, "lower": 1.0, "upper": 1.0 });
        },
    ];
    for change in changes {
        let latest = suite(9, 300, |suite| change(&mut suite["reports"][0]));
        let trend = &trends(&earlier, &latest)[0];
        assert_eq!(trend.points.len(), 9);
        assert_eq!(trend.points[8].measured, None);
        assert_eq!(trend.movement, Movement::Steady);
    }
}
