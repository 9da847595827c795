//! How far some runs are from those before them.

use jiff::Timestamp;
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use crate::statistics::{CONFIDENCE, Estimate};

/// The time of a run, and what it measured.
pub(super) type Run = (Timestamp, Estimate);

/// How much larger the mean of `since` is than that of `before`, at least two runs, with one-sided bounds of a confidence.
///
/// Runs differ by more than their own measurements do: the variance between them is the excess of that of `before` over what
/// their bounds explain (random effects, by moments). Each run counts the same, as weights by precision would favour the low
/// ones of small shares. The bounds of each run are those that face the other side (MOVER), and the degrees of freedom of
/// Student's t are those of `before`. The spread of `before` is the least that is taken for that of any run.
pub(super) fn difference(before: &[Run], since: &[Run], confidence: f64) -> Estimate {
    let freedom = before.len() as f64 - 1.0;
    let t = StudentsT::new(0.0, 1.0, freedom).expect("there are two runs before");
    let t = t.inverse_cdf(confidence);
    let [earlier, later] = [before, since].map(|runs| mean(runs, |run| run.value));
    let spread = mean(before, |run| (run.value - earlier).powi(2)) * (1.0 + 1.0 / freedom);
    let runs = 1.0 / before.len() as f64 + 1.0 / since.len() as f64;
    let half = |of_since: fn(&Estimate) -> f64, of_before: fn(&Estimate) -> f64| {
        let (of_since, of_before) = (mean(since, of_since), mean(before, of_before));
        let between = (spread - of_before).max(0.0);
        let within = of_since / since.len() as f64 + of_before / before.len() as f64;
        t * (between * runs + within).max(spread * runs).sqrt()
    };
    let below = |run: &Estimate| variance(run.value - run.lower);
    let above = |run: &Estimate| variance(run.upper - run.value);
    let value = later - earlier;
    Estimate::new(
        value,
        value - half(below, above),
        value + half(above, below),
    )
}

pub(super) fn mean(runs: &[Run], of: impl Fn(&Estimate) -> f64) -> f64 {
    runs.iter().map(|(_, run)| of(run)).sum::<f64>() / runs.len() as f64
}

/// The variance of a measurement whose bound is so far away.
fn variance(to_bound: f64) -> f64 {
    (to_bound / Normal::standard().inverse_cdf(CONFIDENCE)).powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(values: &[f64], half: f64) -> Vec<Run> {
        let run = |value: &f64| {
            (
                Timestamp::UNIX_EPOCH,
                Estimate::new(*value, value - half, value + half),
            )
        };
        values.iter().map(run).collect()
    }

    #[test]
    fn bounds_are_those_of_students_t_where_only_the_spread_counts() {
        // The mean of 4 is 2.5 with a variance of 5/3, so that of the difference is 5/3 × (1/4 + 1/1); t(3; 0.95) = 2.3534.
        let found = difference(
            &runs(&[1.0, 2.0, 3.0, 4.0], 1e-9),
            &runs(&[10.0], 1e-9),
            0.95,
        );
        let half = 2.353_363 * (5.0_f64 / 3.0 * 1.25).sqrt();
        assert!((found.value - 7.5).abs() < 1e-9, "{found:?}");
        assert!((found.lower - (7.5 - half)).abs() < 1e-4, "{found:?}");
        assert!((found.upper - (7.5 + half)).abs() < 1e-4, "{found:?}");
    }

    #[test]
    fn bounds_of_runs_count_on_the_side_that_faces_the_others() {
        let before = vec![(Timestamp::UNIX_EPOCH, Estimate::new(1.0, 1.0, 2.0)); 4];
        let since = [(Timestamp::UNIX_EPOCH, Estimate::new(5.0, 5.0, 9.0))];
        let found = difference(&before, &since, 0.95);
        let z = 1.644_854;
        assert!(
            (found.lower - (4.0 - 2.353_363 * (1.0 / z / 2.0))).abs() < 1e-4,
            "{found:?}"
        );
        assert!(
            (found.upper - (4.0 + 2.353_363 * (4.0 / z))).abs() < 1e-4,
            "{found:?}"
        );
    }

    #[test]
    fn the_quantile_of_a_strict_level_is_exact() {
        for (freedom, expected) in [(2.0, 29.974_994), (13.0, 4.164_316), (28.0, 3.633_844)] {
            let t = StudentsT::new(0.0, 1.0, freedom).unwrap();
            let at = t.inverse_cdf(1.0 - 0.05 / 90.0);
            assert!((at - expected).abs() < 1e-5, "{at} of {freedom}");
        }
    }
}
