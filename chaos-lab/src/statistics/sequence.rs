//! Evidence that a rate is beyond its limit, which may be looked at as often as wanted.

use statrs::function::beta::{beta_reg, ln_beta};

use super::proportion::Proportion;

/// Collects, second by second, the evidence that failures are more frequent than a limit.
///
/// An interval that is looked at hundreds of times exceeds any limit by chance. The evidence here is a test martingale:
/// while the true rate keeps its limit, it ever reaches 20 in at most one run of 20. The failures may begin at any second,
/// so each second begins a sequence of its own, and the evidence is their weighted sum.
#[derive(Debug, Clone)]
pub struct RateSequence {
    limit: f64,
    counted: Proportion,
    /// What was counted before each second so far.
    before: Vec<Proportion>,
}

impl RateSequence {
    /// A sequence for a limit, which must be above 0 and below 1.
    #[must_use]
    pub fn above(limit: f64) -> Option<Self> {
        (limit > 0.0 && limit < 1.0).then(|| Self {
            limit,
            counted: Proportion::default(),
            before: Vec::new(),
        })
    }

    /// Begins the next second.
    pub fn begin_second(&mut self) {
        self.before.push(self.counted);
    }

    /// Counts requests of the current second, in if they failed.
    pub fn add(&mut self, counted: impl Into<Proportion>) {
        if self.before.is_empty() {
            self.begin_second();
        }
        self.counted.add(counted);
    }

    /// Whether the rate is beyond its limit; wrong in at most this share of all runs, all looks together.
    #[must_use]
    pub fn is_beyond(&self, wrong_at_most: f64) -> bool {
        self.evidence() >= 1.0 / wrong_at_most
    }

    fn evidence(&self) -> f64 {
        let seconds = self.before.iter().zip(1_u32..);
        let evidence = seconds.map(|(before, nth)| {
            // These weights add up to at most 1.
            let weight = 1.0 / (f64::from(nth) * f64::from(nth + 1));
            weight * evidence_of(self.counted.since(*before), self.limit)
        });
        evidence.sum()
    }
}

/// How much more likely the counts are under rates beyond the limit, all taken as equally likely, than at the limit.
fn evidence_of(counted: Proportion, limit: f64) -> f64 {
    let failed = counted.count() as f64;
    let passed = counted.of() as f64 - failed;
    let (a, b) = (failed + 1.0, passed + 1.0);
    // The upper tail, exact where it is tiny.
    let beyond = beta_reg(b, a, 1.0 - limit);
    if beyond == 0.0 {
        return 0.0;
    }
    let beyond = beyond.ln() - (1.0 - limit).ln();
    (beyond + ln_beta(a, b) - failed * limit.ln() - passed * (1.0 - limit).ln()).exp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Counted;

    /// The second in which a run is found to be beyond the limit.
    fn found(
        limit: f64,
        rates: impl Iterator<Item = f64>,
        dice: &mut fastrand::Rng,
    ) -> Option<usize> {
        let mut sequence = RateSequence::above(limit).unwrap();
        for (second, rate) in rates.enumerate() {
            sequence.begin_second();
            for _ in 0..50 {
                let failed = dice.f64() < rate;
                sequence.add(Counted::when(failed));
            }
            if sequence.is_beyond(0.05) {
                return Some(second);
            }
        }
        None
    }

    #[test]
    fn a_rate_at_the_limit_is_rarely_found_beyond_it_however_often_it_is_looked_at() {
        let mut dice = fastrand::Rng::with_seed(7);
        for limit in [0.05, 0.5] {
            let rates = || std::iter::repeat_n(limit, 60);
            let wrong = (0..400).filter(|_| found(limit, rates(), &mut dice).is_some());
            // 5 % of 400 is 20.
            assert!(wrong.count() <= 20, "at {limit}");
        }
    }

    #[test]
    fn a_rate_far_beyond_is_found_within_five_seconds_whenever_it_begins() {
        let mut dice = fastrand::Rng::with_seed(7);
        for quiet in [0, 20, 100] {
            let rates = || std::iter::repeat_n(0.0, quiet).chain(std::iter::repeat_n(0.8, 5));
            for _ in 0..50 {
                let second = found(0.5, rates(), &mut dice);
                assert!(
                    second.is_some_and(|second| second >= quiet),
                    "{quiet}: {second:?}"
                );
            }
        }
    }
}
