//! Judges what became of the target after the fault, by records that are made up.

use std::time::Duration;

use chaos_core::adapter::HumanDuration;

use super::judge;
use super::tests::{CALM, Run, finding, is_inconclusive, judged, opened};
use crate::Verdict;
use crate::load::Answer;
use crate::record::{Line, OutcomeSample, RecordEntry, RuleSample, RuleState};
use crate::report::{Indicator, RecoveryStage, Report};
use crate::scenario::{Profile, Stage};
use crate::statistics::Proportion;

const FAULT_ENDS: u64 = 50;

/// A calm run whose only business rule is found in this state, each second.
fn run_with_rule(state: fn(u64) -> RuleState) -> Vec<Line> {
    let mut lines = CALM.lines();
    let closed = lines.pop();
    lines.extend((0..70).map(|second| {
        let look = RuleSample {
            rule: "books".to_owned(),
            reading: None,
            found: state(second),
        };
        Line::new(Duration::from_secs(second), RecordEntry::Rule(look))
    }));
    lines.extend(closed);
    lines
}

fn judged_with_rule(lines: &[Line]) -> Report {
    let mut opened = opened();
    let rules = serde_json::json!([{ "name": "books", "http": "/books" }]);
    opened.scenario.business_rules = serde_json::from_value(rules).unwrap();
    judge(&opened, lines, &Profile::Default.limits())
}

fn broken() -> RuleState {
    RuleState::Broken("order 7 is charged twice".to_owned())
}

fn silent() -> RuleState {
    RuleState::Unknown("timeout".to_owned())
}

#[test]
fn one_look_that_finds_a_rule_broken_violates_it_and_is_reported() {
    let report = judged_with_rule(&run_with_rule(|second| match second {
        30 => broken(),
        _ => RuleState::Holds,
    }));
    let rules = finding(&report, Indicator::BusinessRules);
    assert_eq!(rules.verdict, Verdict::Violated);
    assert_eq!(report.verdict, Verdict::Violated);
    let [rule] = &report.broken_rules[..] else {
        panic!("{report:#?}");
    };
    assert_eq!((rule.rule.as_str(), rule.at.0.as_secs()), ("books", 30));
    let text = report.to_markdown();
    let sentence = "**The business rule `books` was found broken** 30 s after the start: order 7 is charged twice.";
    assert!(text.contains(sentence), "{text}");
}

#[test]
fn a_rule_that_was_broken_only_before_the_fault_is_met() {
    let report = judged_with_rule(&run_with_rule(|second| match second {
        3 => broken(),
        _ => RuleState::Holds,
    }));
    let rules = finding(&report, Indicator::BusinessRules);
    assert_eq!(rules.verdict, Verdict::Met);
    assert!(report.broken_rules.is_empty());
}

#[test]
fn a_look_without_an_answer_says_nothing_about_a_rule() {
    let some = judged_with_rule(&run_with_rule(|second| match second {
        20..FAULT_ENDS => silent(),
        _ => RuleState::Holds,
    }));
    assert_eq!(
        finding(&some, Indicator::BusinessRules).verdict,
        Verdict::Met
    );
    let none = judged_with_rule(&run_with_rule(|_| silent()));
    let lost = judged_with_rule(&CALM.lines());
    for report in [none, lost] {
        let verdict = &finding(&report, Indicator::BusinessRules).verdict;
        assert!(is_inconclusive(verdict, "got an answer"), "{verdict:?}");
    }
}

#[test]
fn the_rules_hold_again_from_the_first_look_after_the_last_broken_one() {
    let report = judged_with_rule(&run_with_rule(|second| match second {
        20..53 | 55 => broken(),
        _ => RuleState::Holds,
    }));
    let recovery = report.recovery.unwrap();
    assert_eq!(
        recovery.rules_hold,
        Some(HumanDuration(Duration::from_secs(6)))
    );
}

#[test]
fn the_way_back_is_timed() {
    let run = Run {
        request: |number, second| match second {
            20..53 => (Answer::Status(503), Duration::ZERO),
            60 if number % 50 == 30 => (Answer::Status(503), Duration::ZERO),
            _ => (Answer::Status(200), Duration::from_millis(10)),
        },
        is_healthy: |second| !(20..52).contains(&second),
    };
    let recovery = judged(&run.lines()).recovery.unwrap();
    let millis = |time: Option<HumanDuration>| time.unwrap().0.as_millis();
    assert_eq!(millis(recovery.first_success), 3_010);
    assert_eq!(millis(recovery.steady), 3_000);
    assert_eq!(recovery.downtime.0.as_secs(), 33);
    assert_eq!(recovery.failed_health_checks, 4 * 32);
    assert_eq!(
        recovery.successes_in_a_row, 0,
        "the first one after the fault failed"
    );
}

#[test]
fn a_probe_that_stays_off_after_the_fault_violates_the_steady_state() {
    let judged = |is_healthy| judged(&Run { is_healthy, ..CALM }.lines());
    let verdict = |report| finding(&report, Indicator::SteadyState).verdict.clone();
    assert_eq!(verdict(judged(|_| true)), Verdict::Met);
    assert_eq!(verdict(judged(|second| second < 60)), Verdict::Violated);
    assert_eq!(
        verdict(judged(|second| !(20..60).contains(&second))),
        Verdict::Met
    );
}

#[test]
fn without_a_load_the_outcomes_of_the_target_are_judged() {
    let mut lines: Vec<Line> = CALM.lines();
    lines.retain(|line| !matches!(line.entry, RecordEntry::Sample(_)));
    lines.extend((0..70).map(|second| {
        let failed = if (20..FAULT_ENDS).contains(&second) {
            8
        } else {
            0
        };
        let at = Duration::from_secs(second);
        let failed = Proportion::new(failed, 40).unwrap();
        let due = HumanDuration(at);
        Line::new(at, RecordEntry::Outcomes(OutcomeSample { due, failed }))
    }));
    let report = judged(&lines);
    let error_rate = finding(&report, Indicator::ErrorRate);
    assert_eq!(error_rate.verdict, Verdict::Violated);
    assert_eq!(error_rate.measured.unwrap().value, 0.2);
    let repair = finding(&report, Indicator::Mttr).measured.unwrap();
    assert_eq!(repair.value, 30.0);
    let latency = &finding(&report, Indicator::LatencyDegradation).verdict;
    assert!(matches!(latency, Verdict::NotApplicable { .. }));
    let inject = report
        .stages
        .iter()
        .find(|stage| stage.stage == Stage::Inject);
    assert_eq!(inject.unwrap().failed.count(), 8 * 30);
}

#[test]
fn the_rules_hold_again_only_once_each_of_them_does() {
    let mut lines = run_with_rule(|_| RuleState::Holds);
    let closed = lines.pop();
    lines.extend((20..70).map(|second| {
        let look = RuleSample {
            rule: "stock".to_owned(),
            reading: None,
            found: broken(),
        };
        Line::new(
            Duration::from_millis(second * 1000 + 1),
            RecordEntry::Rule(look),
        )
    }));
    lines.extend(closed);
    assert_eq!(judged_with_rule(&lines).recovery.unwrap().rules_hold, None);
}

#[test]
fn a_recovery_has_stages_that_are_reached_or_not() {
    let stages = |report: &Report| {
        let stages = report.recovery.as_ref().unwrap().stages.iter();
        let stages = stages.map(|one| {
            (
                one.stage,
                one.reached.map(|at| at.0.as_secs()),
                one.verdict.name(),
            )
        });
        stages.collect::<Vec<_>>()
    };
    let names = [
        RecoveryStage::Immediate,
        RecoveryStage::ShortTerm,
        RecoveryStage::Business,
    ];
    let [immediate, short_term, business] = names;
    let good = judged_with_rule(&run_with_rule(|second| match second {
        ..53 => broken(),
        _ => RuleState::Holds,
    }));
    let expected = [
        (immediate, Some(0), "met"),
        (short_term, Some(0), "met"),
        (business, Some(3), "met"),
    ];
    assert_eq!(stages(&good), expected);
    let bad = judged_with_rule(&run_with_rule(|_| broken()));
    assert_eq!(stages(&bad)[2], (business, None, "violated"));
    let without_rules = judged(&CALM.lines());
    assert_eq!(
        stages(&without_rules)[2],
        (business, None, "not applicable")
    );
    let mut cut_off = run_with_rule(|_| broken());
    cut_off.retain(|line| line.at.0 < Duration::from_secs(55));
    assert_eq!(
        stages(&judged_with_rule(&cut_off))[2],
        (business, None, "inconclusive")
    );
}

#[test]
fn what_happened_is_listed_in_the_order_of_time() {
    let report = judged_with_rule(&run_with_rule(|second| match second {
        30..53 => broken(),
        _ => RuleState::Holds,
    }));
    let listed: Vec<_> = report
        .timeline
        .iter()
        .map(|one| format!("{} {}", one.at, one.what))
        .collect();
    let expected = [
        "20s the fault begins",
        "30s the business rule `books` is found broken: order 7 is charged twice",
        "50s the fault ends",
        "50s recovered: short-term",
        "50s10ms75us recovered: immediate",
        "53s recovered: business",
        "1m10s the run ends",
    ];
    assert_eq!(listed, expected);
    let (markdown, junit) = (report.to_markdown(), report.to_junit());
    for one in &report.timeline {
        assert!(markdown.contains(&one.what), "{markdown}");
        assert!(junit.contains(&one.what), "{junit}");
    }
    assert!(
        report
            .to_prometheus()
            .contains("chaos_recovery_business_seconds{scenario=")
    );
}
