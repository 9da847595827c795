//! Bounds of quantiles, as ranks among the measured values.

use statrs::distribution::{Binomial, DiscreteCDF};

use super::search::first_between;
use super::{CONFIDENCE, Estimate};

/// The ranks among sorted values, from 1 on, of a quantile and its one-sided bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ranks {
    /// The value of this rank is the measured quantile.
    pub value: u64,
    /// The true quantile is at least the value of this rank.
    pub lower: Option<u64>,
    /// The true quantile is at most the value of this rank.
    pub upper: Option<u64>,
}

/// The ranks of a quantile among `count` values, whatever their distribution.
///
/// # Panics
///
/// Panics if the quantile is not between 0 and 1.
#[must_use]
pub fn quantile_ranks(quantile: f64, count: u64) -> Option<Ranks> {
    if count == 0 {
        return None;
    }
    // The number of values that are at most the true quantile.
    let below = Binomial::new(quantile, count).expect("a quantile is between 0 and 1");
    let at_most = |rank: u64| below.cdf(rank - 1) >= CONFIDENCE;
    let at_least = |rank: u64| below.cdf(rank - 1) <= 1.0 - CONFIDENCE;
    // Both hold from one rank on, or up to one.
    let first_upper = first(count, at_most);
    let first_not_lower = first(count, |rank| !at_least(rank));
    Some(Ranks {
        value: ((quantile * count as f64).ceil() as u64).clamp(1, count),
        lower: Some(first_not_lower.unwrap_or(count + 1) - 1).filter(|rank| *rank > 0),
        upper: first_upper,
    })
}

/// A quantile of some values between its bounds, which are infinite where there are too few values.
///
/// # Panics
///
/// Panics if the quantile is not between 0 and 1.
#[must_use]
pub fn quantile_of(mut values: Vec<f64>, quantile: f64) -> Option<Estimate> {
    values.sort_unstable_by(f64::total_cmp);
    let ranks = quantile_ranks(quantile, values.len() as u64)?;
    let at = |rank: u64| values[rank as usize - 1];
    Some(Estimate {
        value: at(ranks.value),
        lower: ranks.lower.map_or(f64::NEG_INFINITY, at),
        upper: ranks.upper.map_or(f64::INFINITY, at),
    })
}

/// The first rank of `count` from which on something holds.
fn first(count: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    Some(first_between(1, count + 1, holds)).filter(|rank| *rank <= count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_exact() {
        // By scipy's binomial distribution.
        let expected = [
            (0.95, 20, Some(17), None),
            (0.95, 58, Some(52), None),
            (0.95, 59, Some(53), Some(59)),
            (0.95, 100, Some(91), Some(99)),
            (0.95, 1_000, Some(938), Some(962)),
            (0.99, 1_000, Some(985), Some(996)),
            (0.5, 10, Some(2), Some(9)),
        ];
        for (quantile, count, lower, upper) in expected {
            let ranks = quantile_ranks(quantile, count).unwrap();
            assert_eq!(
                (ranks.lower, ranks.upper),
                (lower, upper),
                "{quantile} of {count}"
            );
        }
        assert_eq!(quantile_ranks(0.95, 20).unwrap().value, 19);
        assert_eq!(quantile_ranks(0.5, 0), None);
    }
}
