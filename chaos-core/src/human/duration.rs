//! Durations as people write them: `250ms`, `1m30s`, `2h`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::parsed_text;

/// Units from large to small, each in nanoseconds. Later spellings of a unit are only read.
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

/// An hour of nanoseconds is divisible by 2^13, and by no higher power of two.
const FRACTION_DIGITS: u32 = 13;

/// Writes `duration` so that [`parse_duration`] reads exactly the same one.
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

/// Reads a duration: numbers with units, largest first; the last number may have a fraction.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, InvalidDuration> {
    parse(text).map_err(|problem| InvalidDuration {
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
        let (number, after) = split_while(rest, |c| c.is_ascii_digit() || c == '.');
        let (unit, after) = split_while(after, |c| !c.is_ascii_digit() && c != '.');
        if number.is_empty() {
            return Err(Problem::NoNumber);
        }
        if unit.is_empty() {
            return Err(Problem::NoUnit);
        }
        let nanos = UNITS
            .iter()
            .find_map(|(name, nanos)| (*name == unit).then_some(*nanos))
            .ok_or(Problem::UnknownUnit)?;
        if nanos >= finest {
            return Err(Problem::Order);
        }
        if number.contains('.') && !after.is_empty() {
            return Err(Problem::Fraction);
        }
        total = total
            .checked_add(nanos_of(number, nanos)?)
            .ok_or(Problem::TooLong)?;
        finest = nanos;
        rest = after;
    }
    let seconds = u64::try_from(total / NANOS_PER_SECOND).map_err(|_| Problem::TooLong)?;
    let nanos = u32::try_from(total % NANOS_PER_SECOND).map_err(|_| Problem::TooLong)?;
    Ok(Duration::new(seconds, nanos))
}

/// How many nanoseconds `number` units are, without going through floats.
fn nanos_of(number: &str, unit: u128) -> Result<u128, Problem> {
    let (whole, fraction) = match number.split_once('.') {
        Some((_, "")) => return Err(Problem::NoNumber),
        Some(parts) => parts,
        None => (number, ""),
    };
    if fraction.contains('.') || whole.is_empty() {
        return Err(Problem::NoNumber);
    }
    let whole = whole
        .parse::<u128>()
        .ok()
        .and_then(|whole| whole.checked_mul(unit))
        .ok_or(Problem::TooLong)?;
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        return Ok(whole);
    }
    // No unit can be cut into whole nanoseconds with more digits than the hour needs.
    let digits = u32::try_from(fraction.len())
        .ok()
        .filter(|digits| *digits <= FRACTION_DIGITS)
        .ok_or(Problem::TooFine)?;
    let scale = 10_u128.pow(digits);
    let part = fraction.parse::<u128>().map_err(|_| Problem::TooFine)? * unit;
    if !part.is_multiple_of(scale) {
        return Err(Problem::TooFine);
    }
    whole.checked_add(part / scale).ok_or(Problem::TooLong)
}

fn split_while(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

/// A text that is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a duration such as \"250ms\" or \"1m30s\", found {text:?}: {problem}")]
pub(crate) struct InvalidDuration {
    text: String,
    problem: Problem,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Problem {
    #[error("it is empty")]
    Empty,
    #[error("a number is missing")]
    NoNumber,
    #[error("a unit is missing")]
    NoUnit,
    #[error("units are h, m, s, ms, us and ns")]
    UnknownUnit,
    #[error("units go from large to small, each once")]
    Order,
    #[error("only the last number may have a fraction")]
    Fraction,
    #[error("it is finer than a nanosecond")]
    TooFine,
    #[error("it is too long")]
    TooLong,
}

/// A duration inside lists and maps that are read by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HumanDuration(pub Duration);

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
    fn reads_every_unit() {
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
    fn reads_fractions_exactly() {
        reads("1.5s", 1_500_000_000);
        reads("0.1s", 100_000_000);
        reads("1m0.000000001s", 60_000_000_001);
        reads("1.50s", 1_500_000_000);
        // 1 h / 2^13 is a whole number of nanoseconds.
        reads("0.0001220703125h", 439_453_125);
    }

    #[test]
    fn refuses_what_is_not_a_duration() {
        refuses("", Problem::Empty);
        refuses("10", Problem::NoUnit);
        refuses("s", Problem::NoNumber);
        refuses("-1s", Problem::NoNumber);
        refuses("1.s", Problem::NoNumber);
        refuses(".5s", Problem::NoNumber);
        refuses("1.2.3s", Problem::NoNumber);
        refuses("1 s", Problem::UnknownUnit);
        refuses("3days", Problem::UnknownUnit);
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
    fn writes_the_largest_units_first() {
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
    fn says_what_was_expected() {
        assert_eq!(
            parse_duration("10").unwrap_err().to_string(),
            "expected a duration such as \"250ms\" or \"1m30s\", found \"10\": a unit is missing",
        );
    }
}
