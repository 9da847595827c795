//! Values that are written as a whole number.

use std::fmt::{self, Display};

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// Deserializes a whole number and converts it while the format still knows its position.
pub(crate) fn converted_number<'de, D, T, E>(
    deserializer: D,
    expected: &'static str,
    convert: impl FnOnce(u64) -> Result<T, E>,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    E: Display,
{
    deserializer.deserialize_u64(Number { expected, convert })
}

struct Number<F> {
    expected: &'static str,
    convert: F,
}

impl<T, E: Display, F: FnOnce(u64) -> Result<T, E>> Visitor<'_> for Number<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_u64<X: Error>(self, value: u64) -> Result<T, X> {
        (self.convert)(value).map_err(X::custom)
    }

    fn visit_i64<X: Error>(self, value: i64) -> Result<T, X> {
        match u64::try_from(value) {
            Ok(value) => self.visit_u64(value),
            Err(_) => Err(X::custom(format_args!(
                "expected {}, found {value}",
                self.expected
            ))),
        }
    }
}
