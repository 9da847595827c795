//! Rates, with chance and with requests that share a draw.

use serde_json::json;
use statrs::distribution::{Binomial, Discrete};

use super::*;
use crate::judge::verification::{REFUSED_BY_CHANCE, rate};

#[test]
fn a_share_that_chance_does_not_explain_was_not_run() {
    let of = |drawn: u64, struck: u64| {
        verdict(&fifth(), |state| {
            state["rate"]["drawn"] = json!(drawn);
            state["rate"]["struck"] = json!(struck);
            state["rate"]["bounded_by"] = json!(["total_cap"]);
        })
    };
    // 3.35 standard deviations are 52 operations.
    for explained in [255, 345] {
        assert_eq!(of(explained, explained), Verdict::Met);
    }
    let off = "was to strike 20% of the operations, but";
    assert_not_run(
        &of(240, 240),
        &format!("{off} 16.00% were drawn, which is no chance"),
    );
    assert_not_run(
        &of(360, 360),
        &format!("{off} 24.00% were drawn, which is no chance"),
    );
    // A cap lets drawn operations pass.
    assert_eq!(of(300, 5), Verdict::Met);
}

#[test]
fn of_a_target_that_counts_no_draws_only_too_many_strikes_are_wrong() {
    let of = |struck: u64| {
        verdict(&fifth(), |state| {
            state["rate"] = json!({ "asked": "20%", "struck": struck, "covered": 1500 });
        })
    };
    assert_eq!(of(100), Verdict::Met);
    assert!(matches!(of(360), Verdict::NotRun { .. }));
}

#[test]
fn operations_of_one_key_are_one_draw() {
    // 360 of 1,500 is too much for single draws, but not for draws that decide about ten operations each.
    let of = |keys: u64| {
        let mut state = state(&fifth());
        state["injected"] = json!(360);
        state["rate"] = json!({ "asked": "20%", "struck": 360, "covered": 1500, "drawn": 360 });
        let injections =
            (0..360).map(|number| (30, injected(number, &format!("key-{}", number % keys))));
        judged(&fifth(), injections.chain([(49, reached(&[state]))])).verdict
    };
    assert!(matches!(of(360), Verdict::NotRun { .. }));
    assert_eq!(of(36), Verdict::Met);
}

#[test]
fn a_true_rate_is_refused_in_less_than_one_of_a_thousand_runs() {
    let confidence = 1.0 - REFUSED_BY_CHANCE / 2.0;
    for (percent, draws, cluster) in [(1.0, 1_500, 1), (20.0, 300, 1), (90.0, 300, 10)] {
        let is_refused = |drawn: u64| {
            let (drawn, covered) = (drawn * cluster, draws * cluster);
            let rate = serde_json::from_value(json!({
                "asked": format!("{percent}%"), "struck": drawn, "covered": covered, "drawn": drawn
            }))
            .unwrap();
            let share = rate::drawn(&rate, cluster as f64, confidence).unwrap();
            rate::shortfall(&rate, share).is_some()
        };
        let chance = Binomial::new(percent / 100.0, draws).unwrap();
        let refused: f64 = (0..=draws)
            .filter(|drawn| is_refused(*drawn))
            .map(|drawn| chance.pmf(drawn))
            .sum();
        assert!(refused < 1e-3 && refused > 1e-4, "{percent}%: {refused}");
    }
}
