//! Verifies experiments in records that are made up.

mod delay;
mod end;
mod rate;

use std::time::Duration;

use chaos_core::journal::JournalItem;
use chaos_core::{ChaosManager, Experiment, ExperimentStatus};
use serde_json::{Value, json};

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
        started: None,
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
