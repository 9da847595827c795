//! Failures of pairs: each thing was tried twice, once on either side.

use chaos_lab::statistics::Estimate;
use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, Normal};

/// The confidence of an interval with two bounds, each of which is wrong in 2.5 % of all measurements.
pub(crate) const INTERVAL_CONFIDENCE: f64 = 0.95;

/// The pairs of which one side failed and the other did not, among all pairs.
///
/// Pairs that ended the same on both sides say nothing about a difference, however many there are. That is what makes a
/// paired test sharper than one of two shares.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Discordant {
    /// Only the second side failed.
    pub(crate) worse: u64,
    /// Only the first side failed.
    pub(crate) better: u64,
    /// The number of all pairs.
    pub(crate) pairs: u64,
}

impl Discordant {
    /// So many of all pairs were worse, and so many better, unless that is more than all.
    pub(crate) fn new(worse: u64, better: u64, pairs: u64) -> Option<Self> {
        (worse.checked_add(better)? <= pairs).then_some(Self {
            worse,
            better,
            pairs,
        })
    }

    /// The two-sided p-value of McNemar's test, exact by the binomial distribution.
    pub(crate) fn mcnemar(self) -> f64 {
        two_sided(self.worse.max(self.better), self.worse + self.better)
    }

    /// How much larger the share of failures of the second side is, with the two bounds of Tango.
    ///
    /// They are the differences that the score test of McNemar does not reject, so a difference that the exact test finds
    /// has 0 outside of its interval.
    pub(crate) fn difference(self) -> Option<Estimate> {
        if self.pairs == 0 {
            return None;
        }
        let mirrored = Self {
            worse: self.better,
            better: self.worse,
            pairs: self.pairs,
        };
        Some(Estimate::new(self.value(), -mirrored.upper(), self.upper()))
    }

    fn value(self) -> f64 {
        (self.worse as f64 - self.better as f64) / self.pairs as f64
    }

    /// The largest difference that the score test does not reject.
    fn upper(self) -> f64 {
        let least = Normal::standard().inverse_cdf((1.0 - INTERVAL_CONFIDENCE) / 2.0);
        let (mut low, mut high) = (self.value(), 1.0);
        // As fine as a number of 64 bits.
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if self.score(middle) > least {
                low = middle;
            } else {
                high = middle;
            }
        }
        high
    }

    /// By how many standard deviations the counts differ from a true difference.
    fn score(self, difference: f64) -> f64 {
        let (worse, better) = (self.worse as f64, self.better as f64);
        let pairs = self.pairs as f64;
        // The likeliest share of pairs that are better, if the difference is the true one.
        let half = (2.0 * pairs - worse + better) * difference - worse - better;
        let rest = better * difference * (1.0 - difference);
        let share = ((half * half + 8.0 * pairs * rest).sqrt() - half) / (4.0 * pairs);
        let variance = pairs * (2.0 * share + difference * (1.0 - difference));
        (worse - better - pairs * difference) / variance.sqrt()
    }
}

/// The p-value of finding so many or more of some things on one side, if each is as likely on either.
pub(super) fn two_sided(more: u64, of: u64) -> f64 {
    (2.0 * sides(of).cdf(of - more)).min(1.0)
}

/// How many of some things are on one side, if each is as likely on either.
pub(super) fn sides(of: u64) -> Binomial {
    Binomial::new(0.5, of).expect("a half is a probability")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn discordant(worse: u64, better: u64, pairs: u64) -> Discordant {
        Discordant::new(worse, better, pairs).unwrap()
    }

    #[test]
    fn p_values_are_those_of_the_exact_test() {
        // Sums of binomial coefficients over powers of 2.
        let expected = [
            (0, 0, 1.0),
            (3, 3, 1.0),
            (5, 0, 2.0 / 32.0),
            (6, 0, 2.0 / 64.0),
            (1, 9, 2.0 * 11.0 / 1_024.0),
            (12, 2, 2.0 * 106.0 / 16_384.0),
        ];
        for (worse, better, p_value) in expected {
            let found = discordant(worse, better, 100).mcnemar();
            assert!(
                (found - p_value).abs() < 1e-12,
                "{worse}, {better}: {found}"
            );
        }
    }

    #[test]
    fn bounds_are_those_of_tango() {
        // The first by Tango (1998), whose bounds are those of 90 %: -0.037 to 0.096; all by an independent program.
        let expected = [
            ((1, 0, 44), -0.059_393, 0.118_077),
            ((0, 0, 30), -0.113_513, 0.113_513),
            ((10, 5, 50), -0.055_721, 0.255_173),
            ((40, 20, 160), 0.030_865, 0.218_064),
            ((60, 20, 2_000), 0.011_530, 0.029_289),
            ((14, 0, 14), 0.569_378, 1.0),
        ];
        for ((worse, better, pairs), lower, upper) in expected {
            let found = discordant(worse, better, pairs).difference().unwrap();
            let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
            assert!(near(found.lower, lower), "{worse}, {better}: {found:?}");
            assert!(near(found.upper, upper), "{worse}, {better}: {found:?}");
        }
    }

    #[test]
    fn a_difference_that_the_test_finds_has_0_outside_of_its_interval() {
        for pairs in [6, 20, 300] {
            for (worse, better) in (0..=60).flat_map(|worse| (0..worse).map(move |b| (worse, b))) {
                let Some(counts) = Discordant::new(worse, better, pairs) else {
                    continue;
                };
                let difference = counts.difference().unwrap();
                assert!(
                    counts.mcnemar() > 0.05 || difference.lower > 0.0,
                    "{counts:?}: {difference:?}"
                );
            }
        }
    }

    #[test]
    fn more_than_all_pairs_can_not_differ() {
        assert_eq!(Discordant::new(2, 2, 3), None);
        assert_eq!(discordant(0, 0, 0).difference(), None);
    }
}
