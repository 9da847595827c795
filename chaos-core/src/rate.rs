//! Rates: shares of the traffic.

use std::cmp::Ordering;
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::human;

/// 2^63: half the number of possible draws.
const HALF_OF_ALL_DRAWS: f64 = 9_223_372_036_854_775_808.0;

/// A share between 0 % and 100 %, such as 2.5 % of the traffic.
///
/// An invalid rate (negative, above 100 %, not a number) cannot be built. In files, a rate is written as a percentage:
/// `"2.5%"`.
///
/// ```
/// use chaos_core::Rate;
///
/// let rate: Rate = "2.5%".parse()?;
/// assert_eq!(rate, Rate::percent(2.5)?);
/// assert!(Rate::percent(101.0).is_err());
/// # Ok::<(), chaos_core::error::InvalidRate>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    // Stored in percent, as it is written, so that the text round-trips exactly.
    percent: f64,
}

impl Rate {
    /// 100 %.
    pub const ALWAYS: Self = Self { percent: 100.0 };

    /// 0 %.
    pub const NEVER: Self = Self { percent: 0.0 };

    /// Creates a rate from a percentage.
    ///
    /// # Errors
    ///
    /// When `percent` is not a number between 0 and 100.
    pub fn percent(percent: f64) -> Result<Self, InvalidRate> {
        if (0.0..=100.0).contains(&percent) {
            // Adding zero turns -0.0 into 0.0, which would print as "-0%".
            Ok(Self {
                percent: percent + 0.0,
            })
        } else {
            Err(InvalidRate::Percent(percent))
        }
    }

    /// Creates a rate from a share of one: 0.025 is 2.5 %.
    ///
    /// # Errors
    ///
    /// When `share` is not a number between 0 and 1.
    pub fn share(share: f64) -> Result<Self, InvalidRate> {
        if !(0.0..=1.0).contains(&share) {
            return Err(InvalidRate::Share(share));
        }
        // 0.07 * 100.0 is 7.000000000000001; the short number nearby has the same share.
        let exact = share * 100.0;
        let short = (exact * 1e9).round() / 1e9;
        let percent = if short / 100.0 == share { short } else { exact };
        Ok(Self {
            percent: percent + 0.0,
        })
    }

    /// The rate of one in `n`, which needs no `?`.
    ///
    /// ```
    /// use std::num::NonZeroU32;
    ///
    /// use chaos_core::Rate;
    ///
    /// const RARE: Rate = Rate::one_in(NonZeroU32::new(40).unwrap());
    /// assert_eq!(RARE, Rate::percent(2.5)?);
    /// # Ok::<(), chaos_core::error::InvalidRate>(())
    /// ```
    #[must_use]
    pub const fn one_in(n: NonZeroU32) -> Self {
        Self {
            percent: 100.0 / n.get() as f64,
        }
    }

    /// The rate as a share of one: 2.5 % is 0.025.
    #[must_use]
    pub fn as_share(self) -> f64 {
        self.percent / 100.0
    }

    /// The rate in percent: 2.5 % is 2.5.
    #[must_use]
    pub fn as_percent(self) -> f64 {
        self.percent
    }

    /// The rate nearest to `share`, which a rounding error may have moved out of range.
    pub(crate) fn nearest(share: f64) -> Self {
        Self {
            percent: (share * 100.0).clamp(0.0, 100.0),
        }
    }

    /// The threshold below which a uniform draw falls into this share.
    pub(crate) fn threshold(self) -> Threshold {
        Threshold((self.as_share() * HALF_OF_ALL_DRAWS) as u64)
    }

    /// Whether a uniform draw falls into this share.
    pub(crate) fn admits(self, draw: u64) -> bool {
        self.threshold().admits(draw)
    }
}

/// A rate, prepared for many draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Threshold(u64);

impl Threshold {
    /// Whether a uniform draw falls into the share.
    #[inline]
    pub(crate) fn admits(self, draw: u64) -> bool {
        // Half the resolution of the draws, so that a threshold above the highest draw fits.
        draw >> 1 < self.0
    }
}

// A rate is never NaN.
impl Eq for Rate {}

impl Ord for Rate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.percent.total_cmp(&other.percent)
    }
}

impl PartialOrd for Rate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.percent)
    }
}

impl FromStr for Rate {
    type Err = InvalidRate;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.strip_suffix('%')
            // The float parser also accepts "inf", "nan", "1e3" and signs.
            .filter(|number| number.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
            .and_then(|number| number.parse().ok())
            .and_then(|percent| Self::percent(percent).ok())
            .ok_or_else(|| InvalidRate::Text(text.to_owned()))
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        human::parsed_text(
            deserializer,
            "a percentage such as \"2.5%\"",
            str::parse::<Self>,
        )
    }
}

/// The problem of an invalid [`Rate`].
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRate {
    /// The percentage is not between 0 and 100.
    #[error("expected a percentage between 0 and 100, found {0}")]
    Percent(f64),
    /// The share is not between 0 and 1.
    #[error("expected a share between 0 and 1, found {0}")]
    Share(f64),
    /// The text is not a percentage.
    #[error("expected a percentage such as \"2.5%\" between 0% and 100%, found {0:?}")]
    Text(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_numbers_are_refused_and_reported() {
        for bad in [-0.1, 100.1, f64::INFINITY] {
            assert_eq!(Rate::percent(bad), Err(InvalidRate::Percent(bad)));
        }
        assert!(Rate::percent(f64::NAN).is_err());
        assert_eq!(Rate::share(1.5), Err(InvalidRate::Share(1.5)));
        assert!(Rate::share(f64::NAN).is_err());
    }

    #[test]
    fn a_share_is_printed_as_a_short_percentage() {
        assert_eq!(Rate::share(0.07).unwrap().to_string(), "7%");
        assert_eq!(Rate::share(0.025).unwrap().to_string(), "2.5%");
    }

    #[test]
    fn negative_zero_is_zero() {
        assert_eq!(Rate::share(-0.0).unwrap().to_string(), "0%");
        assert_eq!(Rate::percent(-0.0).unwrap().to_string(), "0%");
    }

    #[test]
    fn only_percentages_are_parsed() {
        assert_eq!("10%".parse(), Rate::percent(10.0));
        for bad in [
            "10", "0.1", "%", ".%", "+5%", "-5%", "1e1%", "nan%", "101%", "5 %", "",
        ] {
            let refused = bad.parse::<Rate>();
            assert_eq!(refused, Err(InvalidRate::Text(bad.to_owned())));
        }
    }

    #[test]
    fn always_admits_every_draw_and_never_admits_none() {
        assert!(Rate::ALWAYS.admits(u64::MAX));
        assert!(!Rate::NEVER.admits(0));
        assert!(Rate::ALWAYS.admits(u64::MAX));
    }

    #[test]
    fn fifty_percent_admits_half_of_the_draws() {
        let half = Rate::percent(50.0).unwrap();
        assert!(half.admits((1 << 63) - 1));
        assert!(!half.admits(1 << 63));
    }

    #[test]
    fn files_hold_a_percentage_as_text() {
        let read = serde_json::from_str::<Rate>;
        assert_eq!(read("\"2.5%\"").unwrap(), Rate::percent(2.5).unwrap());
        let refused = read("10").unwrap_err().to_string();
        assert!(
            refused
                .starts_with("invalid type: integer `10`, expected a percentage such as \"2.5%\""),
            "{refused}"
        );
    }

    proptest::proptest! {
        #[test]
        fn every_rate_round_trips(share in 0.0..=1.0_f64) {
            let rate = Rate::share(share).unwrap();
            let text = serde_json::to_string(&rate).unwrap();
            proptest::prop_assert_eq!(serde_json::from_str::<Rate>(&text).unwrap(), rate);
        }
    }
}
