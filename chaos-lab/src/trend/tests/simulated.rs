//! Simulated runs of a suite.

use std::collections::HashMap;

use chaos_page::GoodSide;
use fastrand::Rng;
use jiff::Timestamp;

use super::super::difference::Run;
use super::super::sweep::{RUNS, step, sweep};
use crate::report::{Moved, Movement};
use crate::statistics::{Estimate, Proportion, quantile_of};

/// The number of simulated series.
const SERIES: u64 = 100;

/// The number of runs before a step.
const BEFORE: usize = 14;

const REQUESTS: u64 = 600;

/// Measures shares of failed requests, each with its exact bounds.
#[derive(Default)]
struct Shares(HashMap<u64, Estimate>);

impl Shares {
    fn measure(&mut self, rng: &mut Rng, rate: f64) -> Estimate {
        let failed = (0..REQUESTS).filter(|_| rng.f64() < rate).count() as u64;
        let measured = || Proportion::new(failed, REQUESTS)?.estimate();
        *self.0.entry(failed).or_insert_with(|| measured().unwrap())
    }

    fn series(
        &mut self,
        seed: u64,
        runs: usize,
        rate: impl Fn(usize, &mut Rng) -> f64,
    ) -> Vec<Estimate> {
        let mut rng = Rng::with_seed(seed);
        let mut run = |number| {
            let rate = rate(number, &mut rng);
            self.measure(&mut rng, rate)
        };
        (0..runs).map(&mut run).collect()
    }
}

/// The 95th percentile of latencies whose logarithms are normal, with a median of `median`.
fn latency(rng: &mut Rng, median: f64) -> Estimate {
    let mut normal = || {
        let (angle, radius) = (rng.f64() * std::f64::consts::TAU, 1.0 - rng.f64());
        (-2.0 * radius.ln()).sqrt() * angle.cos()
    };
    let took = (0..REQUESTS).map(|_| median * (0.5 * normal()).exp());
    quantile_of(took.collect(), 0.95).unwrap()
}

fn latencies(seed: u64, runs: usize, median: impl Fn(usize) -> f64) -> Vec<Estimate> {
    let mut rng = Rng::with_seed(seed);
    (0..runs)
        .map(|number| latency(&mut rng, median(number)))
        .collect()
}

/// The time of the run with a number.
fn time(number: usize) -> Timestamp {
    Timestamp::from_second(number as i64).unwrap()
}

fn timed(runs: &[Estimate]) -> Vec<Run> {
    let numbered = runs.iter().enumerate();
    numbered.map(|(number, run)| (time(number), *run)).collect()
}

fn found(runs: &[Estimate]) -> Movement {
    sweep(&timed(runs), GoodSide::Below)
}

/// The regression that is found.
fn regression(runs: &[Estimate]) -> Option<Moved> {
    match found(runs) {
        Movement::Regression(moved) => Some(moved),
        _ => None,
    }
}

/// Whether a regression or an improvement is called at any run of a series.
fn is_ever_called(runs: &[Estimate]) -> bool {
    let runs = timed(runs);
    (1..=runs.len()).any(|end| step(&runs[..end]).is_some())
}

/// Whether the step after [`BEFORE`] runs is called within three runs, as a regression that begins there or one run beside it,
/// and nothing before it.
fn is_step_found(runs: &[Estimate]) -> bool {
    let found = (1..=3).find_map(|after| regression(&runs[..BEFORE + after]));
    let there = time(BEFORE - 1)..=time(BEFORE + 1);
    !is_ever_called(&runs[..BEFORE]) && found.is_some_and(|moved| there.contains(&moved.since))
}

fn count(is_counted: impl FnMut(&u64) -> bool) -> usize {
    (0..SERIES).filter(is_counted).count()
}

#[test]
fn a_step_of_three_points_is_called_within_three_runs() {
    let mut shares = Shares::default();
    let rate = |number, _: &mut Rng| if number < BEFORE { 0.02 } else { 0.05 };
    let found = count(|seed| is_step_found(&shares.series(*seed, BEFORE + 3, rate)));
    assert!(found >= 95, "{found}");
}

#[test]
fn a_step_of_a_fifth_of_the_latency_is_called_within_three_runs() {
    let median = |number| if number < BEFORE { 0.1 } else { 0.12 };
    let found = count(|seed| is_step_found(&latencies(*seed, BEFORE + 3, median)));
    assert!(found >= 95, "{found}");
}

#[test]
fn a_service_that_does_not_change_is_called_in_no_more_than_5_of_100_series() {
    let mut shares = Shares::default();
    for rate in [0.0, 0.002, 0.02, 0.2] {
        let called = count(|seed| is_ever_called(&shares.series(*seed, RUNS, |_, _| rate)));
        assert!(called <= 5, "{called} at {rate}");
    }
    let called = count(|seed| is_ever_called(&latencies(*seed, RUNS, |_| 0.1)));
    assert!(called <= 5, "{called} of latencies");
}

#[test]
fn runs_that_differ_by_themselves_are_called_in_no_more_than_5_of_100_series() {
    let mut shares = Shares::default();
    let uniform = |_, rng: &mut Rng| 0.015 + 0.01 * rng.f64();
    let called = count(|seed| is_ever_called(&shares.series(*seed, RUNS, uniform)));
    assert!(called <= 5, "{called}");
    let from_day_to_day = |_, rng: &mut Rng| if rng.bool() { 0.01 } else { 0.03 };
    let called = count(|seed| is_ever_called(&shares.series(*seed, RUNS, from_day_to_day)));
    assert!(called <= 5, "{called}");
}

/// A value with bounds that are equally far from it.
fn run(value: f64, half: f64) -> Estimate {
    Estimate::new(value, value - half, value + half)
}

/// Runs of two levels by turns, so that they have a spread.
fn calm(runs: usize, level: f64) -> Vec<Estimate> {
    let value = |number: usize| level + if number.is_multiple_of(2) { 0.1 } else { -0.1 };
    (0..runs).map(|number| run(value(number), 0.2)).collect()
}

#[test]
fn a_wild_run_with_wide_bounds_calls_nothing() {
    let mut runs = calm(10, 1.0);
    runs.push(run(9.0, 8.0));
    assert_eq!(found(&runs), Movement::Steady);
    runs[10] = run(9.0, 0.2);
    assert_eq!(regression(&runs).unwrap().since, time(10));
}

#[test]
fn a_regression_stays_until_the_values_return() {
    let mut runs = calm(10, 1.0);
    runs.extend(calm(12, 3.0));
    let moved = regression(&runs).unwrap();
    assert_eq!(moved.since, time(10));
    assert!(
        (moved.before - 1.0).abs() < 1e-9 && (moved.now - 3.0).abs() < 1e-9,
        "{moved:?}"
    );
    assert!(
        moved.difference.lower > 1.5 && moved.difference.upper < 2.5,
        "{moved:?}"
    );
    runs.extend(calm(2, 1.0));
    assert_eq!(regression(&runs).unwrap().since, time(10));
    runs.extend(calm(1, 1.0));
    assert_eq!(found(&runs), Movement::Steady);
    // The runs of the regression are in no baseline.
    runs.extend(calm(2, 3.0));
    assert_eq!(regression(&runs).unwrap().since, time(25));
}

#[test]
fn an_improvement_that_is_lost_again_is_a_regression() {
    let mut runs = calm(8, 3.0);
    runs.extend(calm(6, 1.0));
    let Movement::Improvement(moved) = found(&runs) else {
        panic!("{:?}", found(&runs));
    };
    assert_eq!(moved.since, time(8));
    // Where high values are good, it is the other way round.
    let other = sweep(&timed(&runs), GoodSide::Above);
    assert!(matches!(other, Movement::Regression(_)), "{other:?}");
    runs.extend(calm(2, 3.0));
    assert_eq!(regression(&runs).unwrap().since, time(14));
}

#[test]
fn three_runs_are_too_few() {
    assert_eq!(found(&calm(3, 1.0)), Movement::TooFewRuns);
    assert_eq!(found(&calm(4, 1.0)), Movement::Steady);
}
