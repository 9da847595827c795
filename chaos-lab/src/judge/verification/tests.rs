//! Verifies experiments in records that are made up.

use std::time::Duration;

use chaos_core::journal::JournalItem;
use chaos_core::{ChaosManager, Experiment, ExperimentStatus};
use serde_json::{Value, json};
use statrs::distribution::{Binomial, Discrete};

use crate::Verdict;
use crate::judge::judge;
use crate::judge::tests::CALM;
use crate::record::{Line, Opened, RECORD_VERSION, RecordEntry};
use crate::report::Report;
use crate::scenario::Profile;

/// An experiment that strikes 20 % of the calls to payments.
fn fifth() -> Value {
    json!({
        "name": "slow payments",
        "fault": { "latency": "1s" },
        "blast_radius": { "calls_to": "payments", "rate": "20%" },
    })
}

/// The state of an experiment that did what was asked, of 1,500 operations.
fn state(experiment: &Value) -> Value {
    json!({
        "name": experiment["name"],
        "state": { "running": { "time_left": "4m" } },
        "by": "code",
        "experiment": experiment,
        "environment": "test",
        "injected": 300,
        "in_flight": 0,
        "rate": { "asked": "20%", "struck": 300, "covered": 1500, "drawn": 300 },
        "level": "service",
        "risk": "low",
        "dry_run": false,
    })
}

fn opened(experiments: &[&Value]) -> Opened {
    Opened {
        version: RECORD_VERSION,
        scenario: serde_json::from_value(
            json!({ "name": "a scenario", "experiments": experiments }),
        )
        .unwrap(),
        target: ChaosManager::new().overview(),
    }
}

fn reached(states: &[Value]) -> RecordEntry {
    let states: Vec<ExperimentStatus> = serde_json::from_value(json!(states)).unwrap();
    RecordEntry::Reached(states)
}

fn journalled(number: u64, mut event: Value) -> RecordEntry {
    event["number"] = json!(number);
    event["at"] = json!("2026-01-01T00:00:00Z");
    let item: JournalItem = serde_json::from_value(json!({ "entry": event })).unwrap();
    RecordEntry::Journal(item)
}

fn injected(number: u64, key: &str) -> RecordEntry {
    journalled(
        number,
        json!({
            "event": "injected", "experiment": "slow payments", "service": "payments", "kind": "client",
            "operation": "POST /charge", "fault": "latency", "phase": "before", "key": key, "attempt": 1,
            "delay": "1s", "dry_run": false
        }),
    )
}

fn ended(reason: &Value) -> RecordEntry {
    journalled(
        9_999,
        json!({ "event": "ended", "experiment": "slow payments", "reason": reason, "injected": 300 }),
    )
}

/// The lines of a calm run with others in between, each at its second.
fn with(entries: impl IntoIterator<Item = (u64, RecordEntry)>) -> Vec<Line> {
    let mut lines = CALM.lines();
    for (second, entry) in entries {
        let at = Duration::from_secs(second);
        let line = lines
            .iter()
            .position(|line| line.at.0 >= at && !is_stage(line));
        lines.insert(line.unwrap(), Line::new(at, entry));
    }
    lines
}

fn is_stage(line: &Line) -> bool {
    matches!(line.entry, RecordEntry::Stage(_))
}

/// A run with everything that a record says about experiments.
pub(in crate::judge) fn whole() -> (Opened, Vec<Line>) {
    let pressure =
        json!({ "kind": "cpu", "requested": 80.0, "achieved": 79.0, "unit": "percent_of_core" });
    let mut state = state(&fifth());
    state["pressure"] = json!([pressure]);
    state["delay"] = json!({
        "operations": 300, "cut_short": 2, "median": "1s", "p99": "1010ms", "longest": "1010ms"
    });
    let change = json!({
        "event": "pressure", "experiment": "slow payments", "kind": "cpu", "requested": 80.0, "achieved": 79.0,
        "unit": "percent_of_core", "change": "reached"
    });
    let injections = (0..300).map(|number| (30, injected(number, &format!("run-{}", 5 * number))));
    let around = [
        (22, journalled(9_998, change)),
        (49, reached(&[state])),
        (51, ended(&json!({ "stopped": { "by": "code" } }))),
    ];
    (opened(&[&fifth()]), with(injections.chain(around)))
}

fn judged(experiment: &Value, entries: impl IntoIterator<Item = (u64, RecordEntry)>) -> Report {
    judge(
        &opened(&[experiment]),
        &with(entries),
        &Profile::Default.limits(),
    )
}

/// The verdict on an experiment with this change of its state.
fn verdict(experiment: &Value, change: impl FnOnce(&mut Value)) -> Verdict {
    let mut state = state(experiment);
    change(&mut state);
    judged(experiment, [(49, reached(&[state]))]).verdict
}

#[track_caller]
fn assert_not_run(verdict: &Verdict, why: &str) {
    let expected = Verdict::NotRun {
        why: format!("the experiment `slow payments` {why}"),
    };
    assert_eq!(*verdict, expected);
}

#[test]
fn an_experiment_that_did_what_was_asked_is_judged() {
    let (opened, lines) = whole();
    let report = judge(&opened, &lines, &Profile::Default.limits());
    assert_eq!(report.verdict, Verdict::Met, "{report:#?}");
    let [reached] = &report.reached[..] else {
        panic!("{:#?}", report.reached);
    };
    assert_eq!(reached.struck, 300);
    let drawn = reached.rate.as_ref().unwrap().drawn.unwrap();
    assert!(
        drawn.value == 0.2 && drawn.lower < 0.17 && drawn.upper > 0.23,
        "{drawn:?}"
    );
    let text = report.to_markdown();
    let rows = [
        "| slow payments | rate | 20% | 300 of 1500 struck, 20 % drawn (16.7 % to 23.6 %) |",
        "| slow payments | median delay | 1 s | 1 s, 2 of 300 cut short |",
        "| slow payments | pressure | | cpu: 79.0 of 80.0 % of a core |",
    ];
    for row in rows {
        assert!(text.contains(row), "{text}");
    }
}

#[test]
fn an_experiment_that_struck_nothing_was_not_run() {
    let nothing = |state: &mut Value| {
        state["injected"] = json!(0);
        state["rate"] = json!({ "asked": "20%", "struck": 0 });
    };
    assert_not_run(&verdict(&fifth(), nothing), "struck no operation");

    let mut state = state(&fifth());
    nothing(&mut state);
    let why_idle = json!({
        "event": "ended", "experiment": "slow payments", "reason": { "stopped": { "by": "code" } },
        "injected": 0, "why_idle": "no operation happened at its sites"
    });
    let report = judged(
        &fifth(),
        [(49, reached(&[state])), (51, journalled(1, why_idle))],
    );
    assert_not_run(
        &report.verdict,
        "struck no operation: no operation happened at its sites",
    );
}

#[test]
fn a_dry_run_was_not_run() {
    let dry = |state: &mut Value| state["dry_run"] = json!(true);
    assert_not_run(&verdict(&fifth(), dry), "was a dry run");
}

#[test]
fn an_experiment_that_the_target_lost_was_not_run() {
    let report = judged(&fifth(), [(49, reached(&[]))]);
    assert_not_run(
        &report.verdict,
        "was unknown to the target when its stage ended",
    );
}

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
    let confidence = 1.0 - super::REFUSED_BY_CHANCE / 2.0;
    for (percent, draws, cluster) in [(1.0, 1_500, 1), (20.0, 300, 1), (90.0, 300, 10)] {
        let is_refused = |drawn: u64| {
            let (drawn, covered) = (drawn * cluster, draws * cluster);
            let rate = serde_json::from_value(json!({
                "asked": format!("{percent}%"), "struck": drawn, "covered": covered, "drawn": drawn
            }))
            .unwrap();
            let share = super::rate::drawn(&rate, cluster as f64, confidence).unwrap();
            super::rate::shortfall("a", &rate, share).is_some()
        };
        let chance = Binomial::new(percent / 100.0, draws).unwrap();
        let refused: f64 = (0..=draws)
            .filter(|drawn| is_refused(*drawn))
            .map(|drawn| chance.pmf(drawn))
            .sum();
        assert!(refused < 1e-3 && refused > 1e-4, "{percent}%: {refused}");
    }
}

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

#[test]
fn a_pressure_that_was_not_reached_was_not_run() {
    let experiment = json!({
        "name": "slow payments",
        "fault": { "exhaust": { "cpu": { "workers": 1, "duty": "80%" } } },
        "blast_radius": { "services": ["payments"] },
        "allow_collateral": true,
    });
    let _: Experiment = serde_json::from_value(experiment.clone()).unwrap();
    let of = |achieved: f64| {
        let mut state = state(&experiment);
        state["injected"] = json!(0);
        state["rate"] = json!({ "asked": "100%", "struck": 0 });
        state["pressure"] = json!([{
            "kind": "cpu", "requested": 80.0, "achieved": achieved, "unit": "percent_of_core"
        }]);
        let failed = json!({
            "event": "pressure", "experiment": "slow payments", "kind": "cpu", "requested": 80.0,
            "achieved": achieved, "unit": "percent_of_core", "change": "saturated", "why": "a quota"
        });
        judged(
            &experiment,
            [(40, journalled(1, failed)), (49, reached(&[state]))],
        )
        .verdict
    };
    assert_eq!(of(79.0), Verdict::Met);
    assert_not_run(
        &of(70.0),
        "did not reach its pressure, cpu: 70.0 of 80.0 % of a core: a quota",
    );
    let none = verdict(&experiment, |state| state["injected"] = json!(0));
    assert_not_run(&none, "exerted no pressure");
}

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
