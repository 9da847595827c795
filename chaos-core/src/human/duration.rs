//! Durations as people write them: `250ms`, `1m30s`, `2h`.
//!
//! They are formatted by hand because messages need it in builds without features, which must not contain jiff.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::parsed_text;
use super::quantity::{InvalidQuantity, Problem, scale, split_number};

/// Units from large to small, in nanoseconds. A later spelling of the same unit is read but not written.
const UNITS: [(&str, u128); 8] = [
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ns", 1),
];

const NANOS_PER_SECOND: u128 = 1_000_000_000;

/// Writes `duration` so that [`parse_duration`] returns it unchanged.
pub(crate) fn format_duration(duration: Duration) -> String {
    let mut rest = duration.as_nanos();
    if rest == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (unit, nanos) in UNITS {
        let count = rest / nanos;
        if count > 0 {
            text.push_str(&format!("{count}{unit}"));
            rest %= nanos;
        }
    }
    text
}

/// Parses numbers with units, largest first; the last number may have a fraction.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, InvalidQuantity> {
    parse(text).map_err(|problem| InvalidQuantity {
        expected: "a duration such as \"250ms\" or \"1m30s\"",
        text: text.to_owned(),
        problem,
    })
}

fn parse(text: &str) -> Result<Duration, Problem> {
    if text.is_empty() {
        return Err(Problem::Empty);
    }
    let mut total: u128 = 0;
    let mut finest = u128::MAX;
    let mut rest = text;
    while !rest.is_empty() {
        let (number, after) = split_number(rest);
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.');
        let (unit, after) = after.split_at(end.unwrap_or(after.len()));
        if number.is_empty() {
            return Err(Problem::NoNumber);
        }
        if unit.is_empty() {
            return Err(Problem::NoUnit);
        }
        let nanos = UNITS
            .iter()
            .find_map(|(name, nanos)| (*name == unit).then_some(*nanos))
            .ok_or(Problem::UnknownUnit("h, m, s, ms, us and ns"))?;
        if nanos >= finest {
            return Err(Problem::Order);
        }
        if number.contains('.') && !after.is_empty() {
            return Err(Problem::Fraction);
        }
        let scaled = scale(number, nanos)?.ok_or(Problem::TooLong)?;
        if !scaled.is_exact {
            return Err(Problem::TooFine);
        }
        total = total.checked_add(scaled.total).ok_or(Problem::TooLong)?;
        finest = nanos;
        rest = after;
    }
    let seconds = u64::try_from(total / NANOS_PER_SECOND).map_err(|_| Problem::TooLong)?;
    Ok(Duration::new(seconds, (total % NANOS_PER_SECOND) as u32))
}

/// A duration that is written and read as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HumanDuration(pub Duration);

impl HumanDuration {
    pub(crate) const ZERO: Self = Self(Duration::ZERO);

    pub(crate) fn is_zero(&self) -> bool {
        self.0.is_zero()
    }
}

impl std::fmt::Display for HumanDuration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&format_duration(self.0))
    }
}

impl Serialize for HumanDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format_duration(self.0))
    }
}

impl<'de> Deserialize<'de> for HumanDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed_text(deserializer, "a duration such as \"250ms\"", parse_duration).map(Self)
    }
}

/// For `#[serde(with)]` on a [`Duration`].
pub(crate) mod duration_text {
    use super::{Deserialize, Deserializer, Duration, HumanDuration, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        HumanDuration(*duration).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        HumanDuration::deserialize(deserializer).map(|human| human.0)
    }
}

/// For `#[serde(with)]` on an optional [`Duration`].
pub(crate) mod optional_duration_text {
    use super::{Deserialize, Deserializer, Duration, HumanDuration, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        duration: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        duration.map(HumanDuration).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let human = Option::<HumanDuration>::deserialize(deserializer)?;
        Ok(human.map(|human| human.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(text: &str, nanos: u128) {
        assert_eq!(parse_duration(text).unwrap().as_nanos(), nanos, "{text}");
    }

    #[track_caller]
    fn refuses(text: &str, problem: Problem) {
        assert_eq!(parse_duration(text).unwrap_err().problem, problem, "{text}");
    }

    #[test]
    fn every_unit_is_read() {
        reads("2h", 7_200_000_000_000);
        reads("3m", 180_000_000_000);
        reads("4s", 4_000_000_000);
        reads("250ms", 250_000_000);
        reads("50us", 50_000);
        reads("50\u{b5}s", 50_000);
        reads("50\u{3bc}s", 50_000);
        reads("10ns", 10);
        reads("1m30s", 90_000_000_000);
        reads("0s", 0);
    }

    #[test]
    fn fractions_are_exact() {
        reads("1.5s", 1_500_000_000);
        reads("0.1s", 100_000_000);
        reads("1m0.000000001s", 60_000_000_001);
        reads("1.50s", 1_500_000_000);
        // 1 h / 2^13 is a whole number of nanoseconds.
        reads("0.0001220703125h", 439_453_125);
    }

    #[test]
    fn a_text_that_is_not_a_duration_is_refused() {
        refuses("", Problem::Empty);
        refuses("10", Problem::NoUnit);
        refuses("s", Problem::NoNumber);
        refuses("-1s", Problem::NoNumber);
        refuses("1.s", Problem::NoNumber);
        refuses(".5s", Problem::NoNumber);
        refuses("1.2.3s", Problem::NoNumber);
        refuses("1 s", Problem::UnknownUnit("h, m, s, ms, us and ns"));
        refuses("3days", Problem::UnknownUnit("h, m, s, ms, us and ns"));
        refuses("1s1m", Problem::Order);
        refuses("1s1s", Problem::Order);
        refuses("1us1\u{b5}s", Problem::Order);
        refuses("1.5m3s", Problem::Fraction);
        refuses("0.5ns", Problem::TooFine);
        refuses("0.00000000000001h", Problem::TooFine);
        refuses("18446744073709551616s", Problem::TooLong);
        refuses(
            "340282366920938463463374607431768211456ns",
            Problem::TooLong,
        );
        refuses("340282366920938463463374607431768211455h", Problem::TooLong);
    }

    #[test]
    fn the_largest_units_come_first() {
        assert_eq!(format_duration(Duration::from_secs(90)), "1m30s");
        assert_eq!(format_duration(Duration::from_micros(50)), "50us");
        assert_eq!(format_duration(Duration::ZERO), "0s");
    }

    #[test]
    fn the_longest_duration_round_trips() {
        let text = format_duration(Duration::MAX);
        assert_eq!(parse_duration(&text), Ok(Duration::MAX));
    }

    proptest::proptest! {
        #[test]
        fn every_duration_round_trips(seconds: u64, nanos in 0_u32..1_000_000_000) {
            let duration = Duration::new(seconds, nanos);
            proptest::prop_assert_eq!(parse_duration(&format_duration(duration)), Ok(duration));
        }
    }

    #[test]
    fn an_error_names_what_was_expected() {
        assert_eq!(
            parse_duration("10").unwrap_err().to_string(),
            "expected a duration such as \"250ms\" or \"1m30s\", found \"10\": a unit is missing",
        );
    }
}
