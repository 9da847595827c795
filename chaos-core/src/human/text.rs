//! Values that are written as text.

use std::fmt::{self, Display};

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// Reads a text and parses it at its place, so that formats can say where it stands.
pub(crate) fn text<'de, D, T, E>(
    deserializer: D,
    expected: &'static str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    E: Display,
{
    deserializer.deserialize_any(Text { expected, parse })
}

/// Like [`text`], but where a format has no quotes, what looks like a number is a text, too.
pub(crate) fn name<'de, D, T, E>(
    deserializer: D,
    expected: &'static str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    E: Display,
{
    deserializer.deserialize_str(Text { expected, parse })
}

struct Text<F> {
    expected: &'static str,
    parse: F,
}

impl<F> Text<F> {
    fn found<E: Error>(&self, value: impl Display) -> E {
        E::custom(format_args!("expected {}, found {value}", self.expected))
    }
}

impl<T, E: Display, F: FnOnce(&str) -> Result<T, E>> Visitor<'_> for Text<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<X: Error>(self, text: &str) -> Result<T, X> {
        (self.parse)(text).map_err(X::custom)
    }

    fn visit_bool<X: Error>(self, value: bool) -> Result<T, X> {
        Err(self.found(value))
    }

    fn visit_i64<X: Error>(self, value: i64) -> Result<T, X> {
        Err(self.found(value))
    }

    fn visit_u64<X: Error>(self, value: u64) -> Result<T, X> {
        Err(self.found(value))
    }

    fn visit_f64<X: Error>(self, value: f64) -> Result<T, X> {
        Err(self.found(value))
    }
}
