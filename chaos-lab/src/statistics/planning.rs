//! How many requests a verdict needs.

use statrs::distribution::{Binomial, DiscreteCDF};

use super::search::first_between;
use super::{Judgement, Proportion};

/// The share of runs that reach the right verdict with the planned number of requests.
const POWER: f64 = 0.9;

/// No run makes more requests than this.
const MOST: u64 = 100_000_000;

/// The number of requests that would have decided, had the share stayed what was measured.
///
/// There is none if the share is the limit itself.
#[must_use]
pub fn requests_that_decide(measured: Proportion, limit: f64) -> Option<u64> {
    let share = measured.share()?;
    first(measured.of().max(1), |of| {
        let expected = share * of as f64;
        // Rounded towards the limit, to promise nothing that a failure more would break.
        let count = if share <= limit {
            expected.ceil()
        } else {
            expected.floor()
        };
        judge(count as u64, of, limit) != Judgement::Undecided
    })
}

/// The number of requests from which on nine of ten runs reach the right verdict, if the truth is far from the limit.
///
/// Far within is half the limit, and far beyond is twice the limit, or halfway to all. A limit of none or of all has no
/// such number.
#[must_use]
pub fn requests_to_plan(limit: f64) -> Option<u64> {
    if limit <= 0.0 || limit >= 1.0 {
        return None;
    }
    let far_beyond = (2.0 * limit).min(f64::midpoint(limit, 1.0));
    Some(met_from(limit, limit / 2.0)?.max(violated_from(limit, far_beyond)?))
}

/// From this number of requests on, runs with this true share are met.
fn met_from(limit: f64, truth: f64) -> Option<u64> {
    let allows = |count| first(count, |of| judge(count, of, limit) == Judgement::Within);
    // The power falls with each request until one failure more is allowed, so the last of them is judged.
    let count = first(0, |count| {
        allows(count + 1).is_some_and(|of| at_most(count, of - 1, truth) >= POWER)
    })?;
    allows(count)
}

/// From this number of requests on, runs with this true share are violated.
fn violated_from(limit: f64, truth: f64) -> Option<u64> {
    let needs_more = |count: u64| {
        first(count.max(1), |of| {
            judge(count, of, limit) != Judgement::Beyond
        })
    };
    let count = first(0, |count| {
        needs_more(count).is_some_and(|of| 1.0 - at_most(count, of, truth) >= POWER)
    })?;
    needs_more(count)
}

fn judge(count: u64, of: u64, limit: f64) -> Judgement {
    let estimate = Proportion::new(count, of).and_then(Proportion::estimate);
    estimate.map_or(Judgement::Undecided, |estimate| {
        estimate.judge_at_most(limit)
    })
}

/// The probability that at most `count` of `of` fail.
fn at_most(count: u64, of: u64, truth: f64) -> f64 {
    Binomial::new(truth, of).map_or(0.0, |failures| failures.cdf(count))
}

/// The first number from `least` on from which on something holds.
fn first(least: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    let (mut low, mut high) = (least, least);
    while !holds(high) {
        low = high + 1;
        high = (2 * high + 1 - least).max(low);
        if high > MOST {
            return None;
        }
    }
    Some(first_between(low, high, holds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_availability_of_99_95_percent_needs_5990_probes() {
        let none_failed = Proportion::new(0, 100).unwrap();
        assert_eq!(requests_that_decide(none_failed, 0.0005), Some(5_990));
    }

    #[test]
    fn a_share_at_the_limit_never_decides() {
        let at_the_limit = Proportion::new(5, 100).unwrap();
        assert_eq!(requests_that_decide(at_the_limit, 0.05), None);
    }

    #[test]
    fn a_share_on_either_side_decides_with_enough_requests() {
        for (count, decided) in [(4, Judgement::Within), (6, Judgement::Beyond)] {
            let measured = Proportion::new(count, 100).unwrap();
            let needed = requests_that_decide(measured, 0.05).unwrap();
            assert!(needed > 100, "{needed}");
            let scaled = match decided {
                Judgement::Beyond => needed * count / 100,
                _ => (needed * count).div_ceil(100),
            };
            assert_eq!(judge(scaled, needed, 0.05), decided);
        }
    }

    #[test]
    fn a_plan_reaches_nine_of_ten_right_verdicts_and_no_smaller_one_does() {
        for limit in [0.01, 0.05, 0.3, 0.5] {
            let planned = requests_to_plan(limit).unwrap();
            let far_beyond = (2.0 * limit).min(f64::midpoint(limit, 1.0));
            let power = |of: u64, truth: f64, verdict: Judgement| -> f64 {
                let probability = |count: u64| match count {
                    0 => at_most(0, of, truth),
                    _ => at_most(count, of, truth) - at_most(count - 1, of, truth),
                };
                let right = (0..=of).filter(|count| judge(*count, of, limit) == verdict);
                right.map(probability).sum()
            };
            let both = |of| {
                let within = power(of, limit / 2.0, Judgement::Within);
                within.min(power(of, far_beyond, Judgement::Beyond))
            };
            for of in [planned, planned + 1, planned + 7, planned + planned / 3] {
                assert!(both(of) >= POWER, "{limit}: {of}: {}", both(of));
            }
            let smaller = planned - planned / 5;
            assert!(
                both(smaller) < POWER,
                "{limit}: {smaller}: {}",
                both(smaller)
            );
        }
        assert_eq!(requests_to_plan(0.0), None);
    }
}
