//! Sizes in files: a whole number of bytes, or text such as `64MiB`.

use std::fmt;
use std::num::NonZeroU64;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use super::quantity::{InvalidQuantity, Problem, scale, split_number};

/// The decimal and binary units. `K` alone is not one, because it may mean 1000 or 1024.
const UNITS: [(&str, u128); 10] = [
    ("", 1),
    ("B", 1),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

/// Parses a number, which may have a fraction, and a unit; rounds down to whole bytes.
fn parse_size(text: &str) -> Result<u64, InvalidQuantity> {
    parse(text.trim()).map_err(|problem| InvalidQuantity {
        expected: "a size such as 64MiB",
        text: text.to_owned(),
        problem,
    })
}

fn parse(text: &str) -> Result<u64, Problem> {
    let (number, unit) = split_number(text);
    if number.is_empty() {
        return Err(Problem::NoNumber);
    }
    let unit = unit.trim_start();
    let bytes = UNITS
        .iter()
        .find_map(|(name, bytes)| (*name == unit).then_some(*bytes))
        .ok_or(Problem::UnknownUnit(
            "B, kB, MB, GB, TB, KiB, MiB, GiB and TiB",
        ))?;
    scale(number, bytes)?
        .and_then(|scaled| u64::try_from(scaled.total).ok())
        .ok_or(Problem::TooLarge)
}

/// A size that is read as a number or as text.
pub(crate) struct HumanSize(pub(crate) u64);

impl<'de> Deserialize<'de> for HumanSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrText).map(Self)
    }
}

struct NumberOrText;

impl Visitor<'_> for NumberOrText {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a size such as 64MiB")
    }

    fn visit_u64<E: Error>(self, bytes: u64) -> Result<u64, E> {
        Ok(bytes)
    }

    fn visit_i64<E: Error>(self, bytes: i64) -> Result<u64, E> {
        u64::try_from(bytes).map_err(|_| E::invalid_value(Unexpected::Signed(bytes), &self))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<u64, E> {
        parse_size(text).map_err(E::custom)
    }
}

/// For `#[serde(deserialize_with)]` on a size.
pub(crate) fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    HumanSize::deserialize(deserializer).map(|HumanSize(bytes)| bytes)
}

/// Does the same as [`size`] for a size that can't be zero.
pub(crate) fn nonzero_size<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<NonZeroU64, D::Error> {
    NonZeroU64::new(size(deserializer)?)
        .ok_or_else(|| D::Error::custom("expected a size above zero, such as 64MiB"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refuses(text: &str, problem: Problem) {
        assert_eq!(parse_size(text).unwrap_err().problem, problem, "{text}");
    }

    #[test]
    fn every_unit_is_read() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("1B", 1),
            ("2kB", 2_000),
            ("10MB", 10_000_000),
            ("3GB", 3_000_000_000),
            ("4TB", 4_000_000_000_000),
            ("1KiB", 1024),
            ("64MiB", 64 << 20),
            ("64 MiB", 64 << 20),
            (" 64  MiB ", 64 << 20),
            ("1.5GiB", 3 << 29),
            ("2TiB", 2 << 40),
            ("0.1kB", 100),
            ("0.1KiB", 102),
            ("1.0000000000000000001MB", 1_000_000),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn a_text_that_is_not_a_size_is_refused() {
        for text in ["", "MiB", "-1", ".5MB", "1.MB", "1.2.3MB", "many"] {
            refuses(text, Problem::NoNumber);
        }
        for text in [
            "1K", "1M", "1mb", "1 KB", "1kb", "1MiB/s", "1e6", "1_000", "80%",
        ] {
            refuses(
                text,
                Problem::UnknownUnit("B, kB, MB, GB, TB, KiB, MiB, GiB and TiB"),
            );
        }
        for text in [
            "18446744073709551616",
            "16777216TiB",
            "99999999999999999999999999TB",
        ] {
            refuses(text, Problem::TooLarge);
        }
        assert_eq!(parse_size("16777215TiB"), Ok(16_777_215 << 40));
    }

    #[test]
    fn an_error_names_what_was_expected() {
        let read = |json: &str| {
            serde_json::from_str::<HumanSize>(json)
                .map(|HumanSize(bytes)| bytes)
                .map_err(|error| error.to_string())
        };
        assert_eq!(read("4096"), Ok(4096));
        assert_eq!(read("\"64 MiB\""), Ok(64 << 20));
        let refused = |json, expected: &str| {
            let message = read(json).unwrap_err();
            assert!(message.contains(expected), "{message}");
        };
        refused(
            "\"64 mb\"",
            "expected a size such as 64MiB, found \"64 mb\": units are B, kB, MB, GB, TB, KiB, MiB, GiB and TiB",
        );
        refused("-1", "integer `-1`, expected a size such as 64MiB");
        refused("1.5", "expected a size such as 64MiB");
        refused("true", "expected a size such as 64MiB");
        refused("18446744073709551616", "expected a size such as 64MiB");
    }
}
