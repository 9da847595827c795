//! Errors of the deserializer.

use std::fmt::Display;

use serde::de::{Error, Expected, Unexpected};

use crate::human;

/// What was expected, and what was found.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(in crate::file) struct ValueError(String);

impl Error for ValueError {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Unit => "nothing".to_owned(),
            Unexpected::Seq => "a list".to_owned(),
            Unexpected::Map => "a map".to_owned(),
            found => found.to_string(),
        };
        // Serde's own visitors describe what they expect by text alone, with the names of Rust types.
        let expected = expected.to_string();
        let expected = match expected.as_str() {
            "u8" | "u16" | "u32" | "u64" | "i32" | "i64" => "a whole number",
            "a nonzero u32" | "a nonzero u64" => "a whole number of at least 1",
            "f64" => "a number",
            "a boolean" => "`true` or `false`",
            "a sequence" => "a list",
            "field identifier" => "a key",
            map if map == "a map" || map.starts_with("struct ") => "a map such as { key: value }",
            expected => expected,
        };
        Self(format!("expected {expected}, found {found}"))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn unknown_field(key: &str, known: &'static [&'static str]) -> Self {
        Self(human::unknown_word("key", key, known.iter().copied()))
    }

    fn unknown_variant(value: &str, known: &'static [&'static str]) -> Self {
        Self(human::unknown_word("value", value, known.iter().copied()))
    }

    fn missing_field(key: &'static str) -> Self {
        Self(format!("expected the key `{key}`"))
    }

    fn duplicate_field(key: &'static str) -> Self {
        Self(format!("key `{key}` is given twice"))
    }
}
