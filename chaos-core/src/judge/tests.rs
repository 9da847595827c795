use std::sync::Weak;
use std::time::{Duration, Instant};

use super::window::Window;
use super::*;
use crate::Judged;
use crate::outcome::Outcome;
use crate::outcome::Population;

const SECOND: Duration = Duration::from_secs(1);

fn counts(window: &mut Window, now: Instant, judged: Judged) -> (u64, u64) {
    let tally = window.tally(now, judged);
    (tally.succeeded, tally.failed)
}

fn record(window: &mut Window, at: Instant, outcome: Outcome) {
    window.record(at, outcome, SECOND, Population::Untreated);
}

#[test]
fn an_empty_window_has_no_failures() {
    let tally = Window::over(SECOND).tally(Instant::now(), Judged::All);
    assert_eq!(tally.samples(), 0);
    assert_eq!(tally.error_rate(), 0.0);
    assert_eq!(tally.latency(0.99), Duration::ZERO);
}

#[test]
fn the_window_slides() {
    let mut window = Window::over(10 * SECOND);
    let start = Instant::now();
    for second in 0..10 {
        record(&mut window, start + second * SECOND, Outcome::Failure);
    }
    let counted =
        |window: &mut Window, seconds| counts(window, start + seconds * SECOND, Judged::All).1;
    assert_eq!(counted(&mut window, 9), 10);
    assert_eq!(counted(&mut window, 10), 10);
    assert_eq!(counted(&mut window, 12), 8);
    assert_eq!(counted(&mut window, 19), 1);
    assert_eq!(counted(&mut window, 20), 0);
}

#[test]
fn outcomes_expire_between_nine_tenths_of_the_window_and_its_length() {
    let start = Instant::now();
    let at = |millis| start + Duration::from_millis(millis);
    let mut window = Window::over(10 * SECOND);
    record(&mut window, at(0), Outcome::Success);
    record(&mut window, at(999), Outcome::Success);
    record(&mut window, at(1_000), Outcome::Success);
    assert_eq!(counts(&mut window, at(9_999), Judged::All), (3, 0));
    assert_eq!(counts(&mut window, at(10_001), Judged::All).0, 1);
    assert_eq!(counts(&mut window, at(11_001), Judged::All).0, 0);
}

#[test]
fn a_long_silence_empties_the_window() {
    let mut window = Window::over(SECOND);
    let start = Instant::now();
    record(&mut window, start, Outcome::Failure);
    record(&mut window, start + 3600 * SECOND, Outcome::Success);
    assert_eq!(
        counts(&mut window, start + 3600 * SECOND, Judged::All),
        (1, 0)
    );
}

#[test]
fn treated_and_untreated_operations_are_counted_separately() {
    let mut window = Window::over(SECOND);
    let now = Instant::now();
    for (outcome, population) in [
        (Outcome::Failure, Population::Treated),
        (Outcome::Failure, Population::Treated),
        (Outcome::Success, Population::Untreated),
        (Outcome::Failure, Population::Untreated),
    ] {
        window.record(now, outcome, SECOND, population);
    }
    assert_eq!(counts(&mut window, now, Judged::Treated), (0, 2));
    assert_eq!(counts(&mut window, now, Judged::Untreated), (1, 1));
    assert_eq!(counts(&mut window, now, Judged::All), (1, 3));
    assert_eq!(window.tally(now, Judged::All).error_rate(), 0.75);
}

#[test]
fn quantiles_are_accurate_to_a_percent_and_never_too_high() {
    let mut window = Window::over(10 * SECOND);
    let start = Instant::now();
    for millis in 1..=1_000 {
        let took = Duration::from_millis(millis);
        // Spread over several slots, which have to be merged.
        let now = start + Duration::from_millis(millis * 5);
        window.record(now, Outcome::Success, took, Population::Untreated);
    }
    let tally = window.tally(start + 5 * SECOND, Judged::All);
    for (quantile, millis) in [(0.5, 500.0), (0.9, 900.0), (0.99, 990.0), (1.0, 1000.0)] {
        let found = tally.latency(quantile).as_secs_f64() * 1000.0;
        assert!(
            (millis * 0.985..=millis * 1.0001).contains(&found),
            "{quantile}: {found} ms"
        );
    }
}

#[test]
fn latencies_out_of_range_are_clamped() {
    let mut window = Window::over(SECOND);
    let now = Instant::now();
    window.record(now, Outcome::Success, Duration::ZERO, Population::Treated);
    window.record(now, Outcome::Success, Duration::MAX, Population::Treated);
    let tally = window.tally(now, Judged::All);
    assert_eq!(tally.samples(), 2);
    assert!(tally.latency(1.0) >= Duration::from_secs(3500));
}

fn judge(condition: Condition) -> Judge {
    Judge::new(condition, Weak::new(), SECOND)
}

fn verdict(judge: &Judge, now: Instant) -> Option<String> {
    judge.verdict(&mut judge.observed(), now)
}

#[test]
fn too_few_samples_never_abort() {
    let five = Rate::percent(5.0).unwrap();
    let judge = judge(Condition::error_rate_above(five).min_samples(3));
    let now = Instant::now();
    for expected in [None, None, Some(())] {
        judge.record(now, Outcome::Failure, SECOND, Population::Treated);
        assert_eq!(verdict(&judge, now).map(drop), expected);
    }
    let why = verdict(&judge, now).unwrap();
    assert!(
        why.contains("100% of 3") && why.contains("3 treated"),
        "{why}"
    );
}

#[test]
fn a_rate_at_its_bound_is_not_above_it() {
    let half = Rate::percent(50.0).unwrap();
    let judge = judge(Condition::error_rate_above(half).min_samples(1));
    let now = Instant::now();
    judge.record(now, Outcome::Success, SECOND, Population::Untreated);
    judge.record(now, Outcome::Failure, SECOND, Population::Untreated);
    assert_eq!(verdict(&judge, now), None);
    judge.record(now, Outcome::Failure, SECOND, Population::Untreated);
    assert!(verdict(&judge, now).is_some());
}

#[test]
fn a_latency_at_its_limit_is_not_above_it() {
    let median = Rate::percent(50.0).unwrap();
    let limit = Duration::from_millis(100);
    let judge = judge(Condition::latency_above(median, limit).min_samples(1));
    let now = Instant::now();
    judge.record(now, Outcome::Success, limit, Population::Untreated);
    assert_eq!(verdict(&judge, now), None);
    for _ in 0..3 {
        judge.record(now, Outcome::Success, 2 * limit, Population::Untreated);
    }
    assert!(verdict(&judge, now).is_some());
}

#[test]
fn a_success_breaks_a_row_of_failures() {
    let judge = judge(Condition::consecutive_failures(2).among(Judged::Treated));
    let now = Instant::now();
    let record = |outcome, population| judge.record(now, outcome, SECOND, population);
    record(Outcome::Failure, Population::Treated);
    record(Outcome::Success, Population::Treated);
    record(Outcome::Failure, Population::Treated);
    assert_eq!(verdict(&judge, now), None);
    // Operations that are not judged neither extend nor break the row.
    record(Outcome::Failure, Population::Untreated);
    assert_eq!(verdict(&judge, now), None);
    record(Outcome::Success, Population::Untreated);
    record(Outcome::Failure, Population::Treated);
    let why = verdict(&judge, now).unwrap();
    assert!(why.contains("2 failures in a row"), "{why}");
}

#[test]
fn a_probe_without_an_answer_in_time_fails() {
    let judge = judge(Condition::probe("bank").deadline(SECOND));
    let now = Instant::now();
    assert_eq!(verdict(&judge, now), None);
    judge.note_probe_started(now);
    assert_eq!(verdict(&judge, now + SECOND), None);
    assert!(verdict(&judge, now + 2 * SECOND).is_some());
    judge.note_probe_result(Ok(()));
    assert_eq!(verdict(&judge, now + 2 * SECOND), None);
}
