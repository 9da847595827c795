//! Shares that were counted, with exact bounds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use statrs::distribution::{Beta, ContinuousCDF, Normal};

use super::{CONFIDENCE, Estimate};

/// A share that was counted: so many of so many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proportion {
    count: u64,
    of: u64,
}

impl Proportion {
    /// A share of `count` among `of`, unless that is more than all.
    #[must_use]
    pub fn new(count: u64, of: u64) -> Option<Self> {
        (count <= of).then_some(Self { count, of })
    }

    /// Counts more.
    pub fn add(&mut self, more: impl Into<Self>) {
        let more = more.into();
        self.of += more.of;
        self.count += more.count;
    }

    /// What was counted since an earlier moment.
    pub(super) fn since(self, earlier: Self) -> Self {
        Self {
            count: self.count - earlier.count,
            of: self.of - earlier.of,
        }
    }

    /// The number that was counted in.
    #[must_use]
    pub fn count(self) -> u64 {
        self.count
    }

    /// The number of all.
    #[must_use]
    pub fn of(self) -> u64 {
        self.of
    }

    /// The share, unless there is nothing that it could be a share of.
    #[must_use]
    pub fn share(self) -> Option<f64> {
        (self.of > 0).then(|| self.count as f64 / self.of as f64)
    }

    /// The share of all others.
    #[must_use]
    pub fn complement(self) -> Self {
        Self {
            count: self.of - self.count,
            of: self.of,
        }
    }

    /// The share with the exact bounds of Clopper and Pearson.
    #[must_use]
    pub fn estimate(self) -> Option<Estimate> {
        self.clustered(1.0, CONFIDENCE)
    }

    /// The share with bounds of another confidence, of things that are counted in or out by clusters of this size.
    pub(crate) fn clustered(self, size: f64, confidence: f64) -> Option<Estimate> {
        let clusters = |count: u64| count as f64 / size.max(1.0);
        let (count, rest) = (clusters(self.count), clusters(self.of - self.count));
        let lower = beta_quantile(count, rest + 1.0, 1.0 - confidence);
        let upper = beta_quantile(count + 1.0, rest, confidence);
        let (lower, upper) = (lower.unwrap_or(0.0), upper.unwrap_or(1.0));
        Some(Estimate::new(self.share()?, lower, upper))
    }

    /// The bounds of Wilson, which those of a difference are made from.
    pub(super) fn wilson(self) -> Option<Estimate> {
        let (share, of) = (self.share()?, self.of as f64);
        let z = Normal::standard().inverse_cdf(CONFIDENCE);
        let scale = 1.0 + z * z / of;
        let centre = (share + z * z / (2.0 * of)) / scale;
        let half = z / scale * (share * (1.0 - share) / of + z * z / (4.0 * of * of)).sqrt();
        let (lower, upper) = ((centre - half).max(0.0), (centre + half).min(1.0));
        Some(Estimate::new(share, lower.min(share), upper.max(share)))
    }
}

impl FromIterator<Counted> for Proportion {
    fn from_iter<I: IntoIterator<Item = Counted>>(things: I) -> Self {
        let mut share = Self::default();
        things.into_iter().for_each(|thing| share.add(thing));
        share
    }
}

/// Whether a thing counts into a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// It does.
    In,
    /// It only counts among all.
    Out,
}

impl Counted {
    /// In, if a condition holds.
    #[must_use]
    pub fn when(holds: bool) -> Self {
        if holds { Self::In } else { Self::Out }
    }
}

impl From<Counted> for Proportion {
    fn from(counted: Counted) -> Self {
        Self {
            count: u64::from(counted == Counted::In),
            of: 1,
        }
    }
}

/// A quantile of the beta distribution, which needs two positive parameters.
fn beta_quantile(a: f64, b: f64, at: f64) -> Option<f64> {
    Some(Beta::new(a, b).ok()?.inverse_cdf(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_clopper_and_pearson() {
        // By scipy: beta.ppf(0.05, k, n - k + 1) and beta.ppf(0.95, k + 1, n - k).
        let expected = [
            (0, 10, 0.0, 0.258_865_550_893_052_2),
            (5, 100, 0.019_905_563_662_171_83, 0.102_253_377_643_274_5),
            (
                50,
                1_000,
                0.039_163_535_925_589_354,
                0.062_863_403_512_379_73,
            ),
            (
                1,
                5_990,
                8.563_117_658_093_43e-6,
                0.000_791_716_573_181_264_1,
            ),
            (0, 5_990, 0.0, 0.000_499_997_209_055_102_4),
            (10, 10, 0.741_134_449_106_947_7, 1.0),
            (
                123,
                4_567,
                0.023_108_676_610_791_173,
                0.031_214_064_454_916_54,
            ),
        ];
        for (count, of, lower, upper) in expected {
            let estimate = Proportion::new(count, of).unwrap().estimate().unwrap();
            let near = |a: f64, b: f64| (a - b).abs() <= 1e-9;
            assert!(near(estimate.lower, lower), "{count} of {of}: {estimate:?}");
            assert!(near(estimate.upper, upper), "{count} of {of}: {estimate:?}");
        }
    }

    #[test]
    fn a_share_of_nothing_has_no_estimate() {
        assert_eq!(Proportion::default().estimate(), None);
        assert_eq!(Proportion::new(2, 1), None);
    }
}
