//! Experiments and records that end early.

use serde_json::json;

use super::*;

#[test]
fn an_experiment_that_ended_before_its_stage_is_no_full_run() {
    let at = |second: u64, reason: &Value| {
        let mut state = state(&fifth());
        state["state"] = json!({ "ended": reason });
        let entries = [(second, ended(reason)), (49, reached(&[state]))];
        judged(&fifth(), entries).verdict
    };
    let aborted = |why: &str| Verdict::Aborted {
        why: format!("the experiment `slow payments` was in force for 10.0 of 30.0 s: {why}"),
    };
    assert_eq!(at(30, &json!("halted")), aborted("everything was halted"));
    assert_eq!(
        at(30, &json!("lease_ran_out")),
        aborted("its lease was not renewed in time")
    );
    assert_eq!(
        at(30, &json!({ "aborted": "5 % failed" })),
        aborted("aborted: 5 % failed")
    );
    let limited = at(30, &json!("time_limit"));
    assert_not_run(
        &limited,
        "was in force for 10.0 of 30.0 s: its time limit passed",
    );
    // A time limit as long as the stage passes a moment before its end.
    assert_eq!(at(49, &json!("time_limit")), Verdict::Met);
}

#[test]
fn an_experiment_that_ended_unnoticed_by_the_journal_is_no_full_run() {
    let mut state = state(&fifth());
    state["state"] = json!({ "ended": "halted" });
    let report = judged(&fifth(), [(40, reached(&[state]))]);
    assert!(
        matches!(report.verdict, Verdict::Aborted { .. }),
        "{report:#?}"
    );
}

#[test]
fn an_experiment_of_this_name_that_ended_before_the_stage_is_another() {
    let entries = [
        (10, ended(&json!("time_limit"))),
        (49, reached(&[state(&fifth())])),
    ];
    assert_eq!(judged(&fifth(), entries).verdict, Verdict::Met);
}

#[test]
fn a_run_that_was_given_up_claims_nothing() {
    let mut state = state(&fifth());
    state["injected"] = json!(0);
    let given_up = RecordEntry::Aborted {
        why: "interrupted".to_owned(),
    };
    let report = judged(&fifth(), [(30, reached(&[state])), (31, given_up)]);
    let expected = Verdict::Aborted {
        why: "interrupted".to_owned(),
    };
    assert_eq!(report.verdict, expected);
    assert_eq!(report.reached[0].shortfall, None);
}

#[test]
fn a_record_without_a_state_counts_its_injections() {
    let injections = (0..7).map(|number| (30, injected(number, "a")));
    let mut lines = with(injections);
    lines.truncate(2_000);
    let report = judge(&opened(&[&fifth()]), &lines, &Profile::Default.limits());
    assert_eq!(report.reached[0].struck, 7);
    assert_eq!(report.reached[0].rate, None);
    assert!(
        report
            .to_markdown()
            .contains("| slow payments | rate | – | 7 struck |")
    );
}
