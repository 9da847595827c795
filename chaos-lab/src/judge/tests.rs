//! Judges records of runs that are made up.

use std::time::Duration;

use chaos_core::ChaosManager;
use chaos_core::adapter::HumanDuration;
use chaos_core::journal::JournalItem;

use super::*;
use crate::load::{Answer, Sample};
use crate::record::{ProbeSample, RECORD_VERSION, RecordEntry, read_record};
use crate::report::{Finding, Indicator};
use crate::scenario::{Profile, Stage};

const PER_SECOND: u64 = 50;

/// A run with 20 s of baseline, 30 s of fault and 20 s of recovery.
pub(super) struct Run {
    /// Whether a request of this number and second fails, and in what time.
    pub(super) request: fn(u64, u64) -> (Answer, Duration),
    /// Whether a probe of this second fails.
    pub(super) is_healthy: fn(u64) -> bool,
}

const FAST: Duration = Duration::from_millis(10);

pub(super) const CALM: Run = Run {
    request: |number, _| {
        (
            Answer::Status(200),
            FAST + Duration::from_micros(number % 97),
        )
    },
    is_healthy: |_| true,
};

impl Run {
    pub(super) fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        for second in 0..70 {
            let stage = match second {
                0 => Some(Stage::Baseline),
                20 => Some(Stage::Inject),
                50 => Some(Stage::Recover),
                _ => None,
            };
            let at = Duration::from_secs(second);
            lines.extend(stage.map(|stage| Line::new(at, RecordEntry::Stage(stage))));
            for nth in 0..PER_SECOND {
                let number = second * PER_SECOND + nth;
                let due = at + Duration::from_secs(1) / PER_SECOND as u32 * nth as u32;
                let (answer, took) = (self.request)(number, second);
                let sample = Sample {
                    id: format!("run-{number}"),
                    request: "GET /".to_owned(),
                    due: HumanDuration(due),
                    took: HumanDuration(took),
                    ok: answer == Answer::Status(200),
                    answer,
                };
                lines.push(Line::new(due + took, RecordEntry::Sample(sample)));
            }
            for quarter in 0..4 {
                let probe = ProbeSample {
                    probe: "health".to_owned(),
                    reading: None,
                    problem: (!(self.is_healthy)(second)).then(|| "503".to_owned()),
                };
                let at = at + Duration::from_millis(250) * quarter;
                lines.push(Line::new(at, RecordEntry::Probe(probe)));
            }
        }
        lines.push(Line::new(Duration::from_secs(70), RecordEntry::Closed));
        lines
    }
}

pub(super) fn opened() -> Opened {
    Opened {
        version: RECORD_VERSION,
        started: None,
        scenario: serde_json::from_str(r#"{ "name": "a scenario", "experiments": [] }"#).unwrap(),
        target: ChaosManager::new().overview(),
    }
}

pub(super) fn judged(lines: &[Line]) -> Report {
    judge(&opened(), lines, &Profile::Default.limits())
}

pub(super) fn finding(report: &Report, indicator: Indicator) -> &Finding {
    let mut findings = report.findings.iter();
    findings
        .find(|finding| finding.indicator == indicator)
        .unwrap()
}

pub(super) fn is_inconclusive(verdict: &Verdict, why: &str) -> bool {
    matches!(verdict, Verdict::Inconclusive { why: found, .. } if found.contains(why))
}

#[test]
fn a_calm_run_meets_everything() {
    let report = judged(&CALM.lines());
    assert_eq!(report.verdict, Verdict::Met, "{report:#?}");
    let error_rate = finding(&report, Indicator::ErrorRate).measured.unwrap();
    assert!(
        error_rate.value == 0.0 && error_rate.upper < 0.003,
        "{error_rate:?}"
    );
    let repair = &finding(&report, Indicator::Mttr).verdict;
    assert!(matches!(repair, Verdict::NotApplicable { .. }));
}

#[test]
fn requests_that_fail_long_before_the_fault_are_not_blamed_on_it() {
    let run = Run {
        request: |_, second| match second {
            0..10 => (Answer::Timeout, Duration::from_secs(10)),
            _ => (Answer::Status(200), FAST),
        },
        ..CALM
    };
    let why = "500 of 500 requests failed before the fault".to_owned();
    assert_eq!(judged(&run.lines()).verdict, Verdict::Aborted { why });
}

#[test]
fn a_lab_that_stood_still_blames_nothing_on_the_target() {
    let mut lines = CALM.lines();
    let held_up = RecordEntry::HeldUp(HumanDuration(Duration::from_secs(8)));
    lines.push(Line::new(Duration::from_secs(30), held_up));
    let why = "the lab itself stood still for 8.0 s, so what it measured is not that of the target";
    let why = why.to_owned();
    assert_eq!(judged(&lines).verdict, Verdict::Aborted { why });
}

#[test]
fn errors_beyond_the_limit_are_violated_and_repair_is_timed() {
    let run = Run {
        request: |number, second| match second {
            22..52 if number % 5 == 0 => (Answer::Status(503), FAST),
            _ => (Answer::Status(200), FAST),
        },
        ..CALM
    };
    let report = judged(&run.lines());
    assert_eq!(report.verdict, Verdict::Violated);
    assert_eq!(
        finding(&report, Indicator::ErrorRate).verdict,
        Verdict::Violated
    );
    let seconds = |indicator| finding(&report, indicator).measured.unwrap().value;
    assert_eq!(seconds(Indicator::Mttr), 30.0);
    assert_eq!(seconds(Indicator::Recovery), 2.0);
}

#[test]
fn a_target_that_never_becomes_steady_violates_its_recovery() {
    let run = Run {
        is_healthy: |second| second < 30 || second % 5 > 0,
        ..CALM
    };
    let report = judged(&run.lines());
    assert_eq!(
        finding(&report, Indicator::Recovery).verdict,
        Verdict::Violated
    );
    assert_eq!(
        finding(&report, Indicator::Availability).verdict,
        Verdict::Violated
    );
}

#[test]
fn latency_is_compared_with_the_baseline() {
    let slow = |added| Run {
        request: if added == 600 {
            |_, second| {
                (
                    Answer::Status(200),
                    FAST * if (20..50).contains(&second) { 61 } else { 1 },
                )
            }
        } else {
            |_, second| {
                (
                    Answer::Status(200),
                    FAST * if (20..50).contains(&second) { 41 } else { 1 },
                )
            }
        },
        ..CALM
    };
    let of = |added| {
        finding(&judged(&slow(added).lines()), Indicator::LatencyDegradation)
            .verdict
            .clone()
    };
    assert_eq!(of(600), Verdict::Violated);
    assert_eq!(of(400), Verdict::Met);
}

#[test]
fn requests_that_are_open_when_the_fault_begins_are_not_of_the_baseline() {
    let run = Run {
        request: |_, second| {
            let took = Duration::from_secs(if second == 19 { 9 } else { 0 });
            (Answer::Status(200), FAST + took)
        },
        ..CALM
    };
    let report = judged(&run.lines());
    assert_eq!(report.verdict, Verdict::Met, "{report:#?}");
    let baseline = report.stages[0].latency.unwrap();
    assert_eq!(baseline.p99.0, FAST);
    let degradation = finding(&report, Indicator::LatencyDegradation);
    assert_eq!(degradation.measured.unwrap().lower, 0.0);
}

#[test]
fn too_few_requests_are_inconclusive_and_the_needed_number_is_named() {
    let mut lines = CALM.lines();
    lines.retain(|line| match &line.entry {
        RecordEntry::Sample(sample) => sample.id.ends_with("00"),
        _ => true,
    });
    let report = judged(&lines);
    let verdict = &finding(&report, Indicator::ErrorRate).verdict;
    let expected = Verdict::Inconclusive {
        why: "15 requests are too few to decide".to_owned(),
        needed: Some(59),
    };
    assert_eq!(*verdict, expected);
}

#[test]
fn a_run_without_requests_is_inconclusive() {
    let mut lines = CALM.lines();
    lines.retain(|line| !matches!(line.entry, RecordEntry::Sample(_)));
    assert!(is_inconclusive(&judged(&lines).verdict, "no requests"));
}

#[test]
fn a_baseline_is_noisy_if_its_drift_could_have_changed_the_verdict() {
    // Latencies in the halves of the baseline, and during the fault.
    let verdict = |request: fn(u64, u64) -> (Answer, Duration)| {
        judged(&Run { request, ..CALM }.lines()).verdict
    };
    let near = |_, second| {
        let times = [7, 1, 52, 1][stage_of(second)];
        (Answer::Status(200), FAST * times)
    };
    assert!(is_inconclusive(&verdict(near), "halves of the baseline"));
    let far_within = |_, second| {
        let times = [7, 1, 47, 1][stage_of(second)];
        (Answer::Status(200), FAST * times)
    };
    assert_eq!(verdict(far_within), Verdict::Met);
    let far_beyond = |_, second| {
        let times = [7, 1, 70, 1][stage_of(second)];
        (Answer::Status(200), FAST * times)
    };
    assert_eq!(verdict(far_beyond), Verdict::Violated);
    let small_drift = |_, second| {
        let times = [5, 1, 54, 1][stage_of(second)];
        (Answer::Status(200), FAST * times)
    };
    assert_eq!(verdict(small_drift), Verdict::Met);
}

/// The half of the baseline, the fault or the time after it that a second is in.
fn stage_of(second: u64) -> usize {
    match second {
        0..10 => 0,
        10..20 => 1,
        20..50 => 2,
        _ => 3,
    }
}

#[test]
fn requests_that_the_lab_did_not_send_make_a_run_inconclusive() {
    let run = Run {
        request: |number, _| match number {
            1_500 => (Answer::Unsent, FAST),
            _ => (Answer::Status(200), FAST),
        },
        ..CALM
    };
    let report = judged(&run.lines());
    assert!(is_inconclusive(&report.verdict, "1 requests were not sent"));
    assert_eq!(
        finding(&report, Indicator::ErrorRate)
            .measured
            .unwrap()
            .value,
        0.0
    );
}

#[test]
fn struck_requests_are_joined_with_their_answers() {
    let run = Run {
        request: |number, _| match number {
            1_200..1_210 => (Answer::Status(503), FAST),
            _ => (Answer::Status(200), FAST),
        },
        ..CALM
    };
    let mut lines = run.lines();
    let keys = (1_200..1_240).map(|number| Some(format!("run-{number}")));
    for (number, key) in (0..).zip(keys.chain([None])) {
        let entry: JournalItem = serde_json::from_value(serde_json::json!({ "entry": {
            "number": number, "at": "2026-01-01T00:00:00Z", "event": "injected", "experiment": "slow payments",
            "service": "payments", "kind": "client", "operation": "POST /charge", "fault": "latency",
            "phase": "before", "key": key, "attempt": 1, "delay": "1s", "dry_run": false
        } }))
        .unwrap();
        lines.push(Line::new(
            Duration::from_secs(30),
            RecordEntry::Journal(entry),
        ));
    }
    let report = judged(&lines);
    let [fate] = &report.fates[..] else {
        panic!("{:#?}", report.fates);
    };
    assert_eq!((fate.absorbed, fate.unknown), (30, 1));
    assert_eq!(fate.surfaced, [("503".to_owned(), 10)].into());
    let control = report.control_group.unwrap();
    assert_eq!((control.treated.count(), control.treated.of()), (10, 40));
    assert_eq!(
        (control.untreated.count(), control.untreated.of()),
        (0, 1_460)
    );
    assert!(control.errors.lower > 0.1, "{control:?}");
}

#[test]
fn a_record_cut_off_anywhere_is_judged_as_aborted_and_always_the_same() {
    let (opened, lines) = verification::tests::whole();
    let opened = Line::new(Duration::ZERO, RecordEntry::Opened(Box::new(opened)));
    let lines: Vec<String> = std::iter::once(&opened)
        .chain(&lines)
        .map(|line| serde_json::to_string(line).unwrap() + "\n")
        .collect();
    let text = lines.concat();
    let limits = Profile::Default.limits();
    let report = |text: &str| {
        let (opened, lines) = read_record(text).unwrap();
        serde_json::to_string(&judge(&opened, &lines, &limits)).unwrap()
    };
    let whole = report(&text);
    assert_eq!(whole, report(&text));
    assert!(whole.contains(r#""verdict":"met""#), "{whole}");
    assert!(whole.contains(r#""reached":[{"#), "{whole}");
    // At each line about experiments but the injections, and at some of the thousands of others.
    let frequent = [r#""sample""#, r#""probe""#, r#""injected","experiment""#];
    let is_rare = |line: &str| !frequent.iter().any(|entry| line.contains(entry));
    let cuts = (1..lines.len()).filter(|at| at % 311 == 0 || is_rare(&lines[at - 1]));
    for count in cuts {
        let cut = lines[..count].concat();
        assert!(report(&cut).contains(r#""verdict":{"aborted""#), "{count}");
        let within_a_line = &text[..cut.len() + lines[count].len() / 2];
        assert_eq!(report(within_a_line), report(&cut));
    }
}
