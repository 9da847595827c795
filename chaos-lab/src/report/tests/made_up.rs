//! Reports of records that are made up.

use std::time::Duration;

use chaos_core::ChaosManager;
use chaos_core::adapter::HumanDuration;
use chaos_core::journal::JournalItem;
use fastrand::Rng;
use serde_json::{Value, json};

use crate::load::{Answer, Sample};
use crate::record::{
    Line, Opened, ProbeSample, RECORD_VERSION, RecordEntry, RuleSample, RuleState,
};
use crate::report::{Report, ScenarioResult, SuiteReport};
use crate::scenario::Stage;
use crate::{Verdict, judge};

const PER_SECOND: u64 = 40;
const BASELINE: u64 = 20;
const INJECT: u64 = 30;
const RECOVER: u64 = 15;
const COOLDOWN: u64 = 5;

/// What the target does with a fault.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Target {
    Absorbs,
    IsSlow,
    Fails,
    FailsAtTimes,
    FailsForASecond,
    BreaksARule,
    IsDown,
    IsNoisy,
    IsGivenUp,
    IsNotStruck,
}

/// A run of 20 s of baseline, 30 s of fault, 15 s of recovery and 5 s of cooldown.
pub(super) fn run(name: &str, target: Target, seed: u64) -> Report {
    let mut rng = Rng::with_seed(seed);
    let experiment = json!({
        "name": "payments", "fault": { "latency": "200ms" }, "blast_radius": { "calls_to": "payments", "rate": "25%" }
    });
    let opened = Opened {
        version: RECORD_VERSION,
        started: None,
        scenario: serde_json::from_value(json!({
            "name": name, "experiments": [experiment], "business_rules": [{ "name": "charged once", "http": "/books" }],
            "expect": if target == Target::Fails { "absorbed" } else { "any" },
        }))
        .unwrap(),
        target: ChaosManager::new().overview(),
    };
    let mut lines = Vec::new();
    for second in 0..BASELINE + INJECT + RECOVER + COOLDOWN {
        write_second(&mut lines, target, second, &mut rng);
        if target == Target::IsGivenUp && second == BASELINE + 9 {
            let why = "the error rate is at least 52.1 %, above 50 %".to_owned();
            lines.push(line(second * 1_000 + 999, RecordEntry::Aborted { why }));
            break;
        }
    }
    let is_injected = |line: &&Line| matches!(line.entry, RecordEntry::Journal(_));
    let struck = lines.iter().filter(is_injected).count();
    let status = json!([{
        "name": "payments", "state": { "running": { "time_left": "4m" } }, "by": "code", "experiment": experiment,
        "environment": "test", "injected": struck, "in_flight": 0, "level": "service", "risk": "low", "dry_run": false,
        "rate": { "asked": "25%", "struck": struck, "covered": 4 * struck, "drawn": struck },
        "delay": { "operations": struck, "cut_short": 2, "median": "201ms", "p99": "203ms", "longest": "204ms" },
        "pressure": [{ "kind": "cpu", "requested": 80.0, "achieved": 79.0, "unit": "percent_of_core" }],
    }]);
    let reached = RecordEntry::Reached(serde_json::from_value(status).unwrap());
    let is_end = |line: &Line| line.entry == RecordEntry::Stage(Stage::Recover);
    let end = lines.iter().position(is_end).unwrap_or(lines.len());
    let at = lines[end - 1].at.0;
    lines.insert(end, Line::new(at, reached));
    let last = lines[lines.len() - 1].at.0;
    lines.push(Line::new(last, RecordEntry::Closed));
    judge(&opened, &lines, &opened.scenario.objectives.limits())
}

fn write_second(lines: &mut Vec<Line>, target: Target, second: u64, rng: &mut Rng) {
    let stage = match second {
        0 => Some(Stage::Baseline),
        BASELINE => Some(Stage::Inject),
        _ if second == BASELINE + INJECT => Some(Stage::Recover),
        _ if second == BASELINE + INJECT + RECOVER => Some(Stage::Cooldown),
        _ => None,
    };
    lines.extend(stage.map(|stage| line(second * 1_000, RecordEntry::Stage(stage))));
    let is_on = (BASELINE..BASELINE + INJECT).contains(&second);
    let is_hurt = match target {
        Target::Fails => (BASELINE..BASELINE + INJECT + 4).contains(&second),
        Target::IsDown => (BASELINE + 5..BASELINE + INJECT + 12).contains(&second),
        _ => false,
    };
    for nth in 0..PER_SECOND {
        let number = second * PER_SECOND + nth;
        let is_struck = is_on && target != Target::IsNotStruck && rng.u8(..4) == 0;
        let mut took = 12.0 + 20.0 * rng.f64().powi(6);
        took *= if target == Target::IsNoisy && second < BASELINE / 2 {
            40.0
        } else {
            1.0
        };
        took += match (is_struck, target) {
            (true, Target::IsSlow) => 900.0 + 100.0 * rng.f64(),
            (true, _) => 200.0 + 30.0 * rng.f64(),
            (false, _) => 0.0,
        };
        let fails = match target {
            Target::Fails => is_hurt && (is_struck || rng.u8(..20) == 0) && rng.u8(..5) > 0,
            Target::FailsForASecond => is_struck && second == BASELINE + 3,
            Target::FailsAtTimes => is_struck && rng.u8(..5) == 0,
            Target::IsDown => is_hurt && rng.u8(..3) > 0,
            Target::IsGivenUp => is_on && rng.u8(..5) > 1,
            _ => false,
        };
        let sample = Sample {
            id: format!("run-{number}"),
            request: "POST /orders".to_owned(),
            due: HumanDuration(Duration::from_millis(
                second * 1_000 + nth * 1_000 / PER_SECOND,
            )),
            took: HumanDuration(Duration::from_secs_f64(took / 1_000.0)),
            ok: !fails,
            answer: match (fails, number % 3) {
                (false, _) => Answer::Status(201),
                (true, 0) => Answer::Timeout,
                (true, _) => Answer::Status(503),
            },
        };
        let due = sample.due.0;
        lines.push(Line::new(due + sample.took.0, RecordEntry::Sample(sample)));
        if is_struck {
            lines.push(Line::new(due, injected(number)));
        }
    }
    let is_ill = is_hurt && target == Target::IsDown && rng.bool();
    let problem = is_ill.then(|| "503".to_owned());
    let probe = ProbeSample {
        probe: "health".to_owned(),
        reading: None,
        problem,
    };
    for quarter in 0..4 {
        lines.push(line(
            second * 1_000 + 250 * quarter,
            RecordEntry::Probe(probe.clone()),
        ));
    }
    let found = match target {
        Target::BreaksARule if second == BASELINE + 11 => {
            RuleState::Broken("3 orders are charged twice".to_owned())
        }
        _ => RuleState::Holds,
    };
    let rule = RuleSample {
        rule: "charged once".to_owned(),
        found,
        reading: None,
    };
    lines.push(line(second * 1_000 + 500, RecordEntry::Rule(rule)));
}

fn line(milliseconds: u64, entry: RecordEntry) -> Line {
    Line::new(Duration::from_millis(milliseconds), entry)
}

fn injected(number: u64) -> RecordEntry {
    let operation = ["POST /charge", "GET /rates"][(number % 7 / 5) as usize];
    let item: Value = json!({ "entry": {
        "number": number, "at": "2026-01-01T00:00:00Z", "event": "injected", "experiment": "payments", "service": "payments",
        "kind": "client", "operation": operation, "fault": "latency", "phase": "before",
        "key": if number.is_multiple_of(50) { None } else { Some(format!("run-{number}")) },
        "attempt": 1, "delay": "200ms", "dry_run": false
    } });
    let item: JournalItem = serde_json::from_value(item).unwrap();
    RecordEntry::Journal(item)
}

/// A suite of so many scenarios, with every verdict if there are at least ten.
pub(super) fn suite(name: &str, count: u64) -> SuiteReport {
    let (mut results, mut reports) = (Vec::new(), Vec::new());
    for number in 0..count {
        let (what, target) = match number {
            3 => ("payments refused", Target::Fails),
            5 => ("payments slow for too long", Target::IsSlow),
            8 => ("payments fail at times", Target::FailsAtTimes),
            9 => ("an order is charged twice", Target::BreaksARule),
            14 => ("orders-db is down for 30 s", Target::IsDown),
            21 => ("a neighbour makes noise", Target::IsNoisy),
            25 => ("payments fail for a second", Target::FailsForASecond),
            30 => ("payments are never called", Target::IsNotStruck),
            44 => ("payments lost entirely", Target::IsGivenUp),
            _ => ("payments", Target::Absorbs),
        };
        let name = format!("{what}, case {}", number + 1);
        let report = run(&name, target, number);
        results.push(ScenarioResult::of(&report, &name.replace(' ', "-")));
        reports.push(report);
    }
    if count > 40 {
        let why = "the suite ended before it".to_owned();
        results.push(ScenarioResult {
            scenario: "never begun".to_owned(),
            verdict: Verdict::NotRun { why: why.clone() },
            remarks: vec![why],
            path: None,
        });
    }
    SuiteReport::new(name, results, reports)
}
