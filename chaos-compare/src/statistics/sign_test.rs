//! Differences of paired values, by their ranks.

use chaos_lab::statistics::Estimate;
use statrs::distribution::DiscreteCDF;

use super::paired::{INTERVAL_CONFIDENCE, sides, two_sided};

/// Whether most differences of paired values are beyond a margin.
///
/// The sign test and the interval of the median by ranks are exact for any distribution, and never contradict each other.
/// The signed-rank test of Wilcoxon would find smaller shifts of symmetric differences. Latencies are not symmetric, and
/// two runs of the same build differ by such shifts too. Growth of less than half of the values is not found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SignTest {
    /// The median of the differences, with its interval.
    pub(crate) median: Estimate,
    /// The number of differences above the margin.
    pub(crate) above: u64,
    /// The number of differences below the negative margin.
    pub(crate) below: u64,
    /// The two-sided p-value that the median is within the margin.
    pub(crate) p_value: f64,
}

impl SignTest {
    /// Tests differences, which it sorts; nothing, if there are none.
    pub(crate) fn of(differences: &mut [f64], margin: f64) -> Option<Self> {
        differences.sort_unstable_by(f64::total_cmp);
        let last = differences.len().checked_sub(1)?;
        let pairs = differences.len() as u64;
        let count = |is_beyond: &dyn Fn(f64) -> bool| {
            let beyond = differences.iter().filter(|one| is_beyond(**one));
            beyond.count() as u64
        };
        let above = count(&|one| one > margin);
        let below = count(&|one| one < -margin);
        let rank = lower_rank(pairs) as usize;
        let bound = |index: Option<usize>| index.map(|index| differences[index]);
        let lower = bound(rank.checked_sub(1));
        let upper = bound(differences.len().checked_sub(rank).filter(|at| *at <= last));
        Some(Self {
            median: Estimate::new(
                f64::midpoint(differences[last / 2], differences[last.div_ceil(2)]),
                lower.unwrap_or(f64::NEG_INFINITY),
                upper.unwrap_or(f64::INFINITY),
            ),
            above,
            below,
            p_value: two_sided(above.max(below), pairs),
        })
    }
}

/// The rank from 1 on of the lower bound of a median; that of the upper bound is as far from the end. 0 if there is none.
fn lower_rank(count: u64) -> u64 {
    sides(count).inverse_cdf((1.0 - INTERVAL_CONFIDENCE) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_those_of_the_tables() {
        // The exact intervals of a median at 95 %, as in tables of the sign test.
        let expected = [(5, 0), (6, 1), (8, 1), (9, 2), (10, 2), (20, 6), (100, 40)];
        for (count, rank) in expected {
            assert_eq!(lower_rank(count), rank, "of {count}");
        }
    }

    #[test]
    fn a_median_beyond_the_margin_is_found_and_its_bound_is_beyond_it_too() {
        let mut dice = fastrand::Rng::with_seed(7);
        for _ in 0..300 {
            let shift = dice.f64() * 4.0 - 2.0;
            let mut differences: Vec<f64> = (0..dice.usize(1..80))
                .map(|_| shift + dice.f64() * 2.0 - 1.0)
                .collect();
            let test = SignTest::of(&mut differences, 0.5).unwrap();
            let is_beyond = test.median.lower > 0.5 || test.median.upper < -0.5;
            assert_eq!(test.p_value <= 0.05, is_beyond, "{test:?}");
        }
    }

    #[test]
    fn a_few_values_show_nothing() {
        let test = SignTest::of(&mut [1.0, 2.0, 3.0, 4.0], 0.0).unwrap();
        assert_eq!(
            test.median,
            Estimate::new(2.5, f64::NEG_INFINITY, f64::INFINITY)
        );
        assert!(test.p_value > 0.05);
        assert_eq!(SignTest::of(&mut [], 0.0), None);
    }
}
