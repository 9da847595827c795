//! The reply that a request is expected to get.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Answer;

/// The reply that makes a request a success.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Expected {
    /// Its status; defaults to `2xx`.
    #[schemars(schema_with = "status_schema")]
    pub status: StatusPattern,
    /// A text that its body contains.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_contains: Option<String>,
}

impl Expected {
    /// The answer that a whole reply is.
    pub(super) fn answer(&self, status: u16, body: &[u8]) -> Answer {
        let contains = |text: &String| {
            body.windows(text.len().max(1))
                .any(|at| at == text.as_bytes())
        };
        let text = self.body_contains.as_ref().filter(|text| !text.is_empty());
        if self.status.matches(status) && !text.is_none_or(contains) {
            Answer::Body(status)
        } else {
            Answer::Status(status)
        }
    }

    /// Whether an answer is a success.
    pub(crate) fn accepts(&self, answer: &Answer) -> bool {
        matches!(answer, Answer::Status(status) if self.status.matches(*status))
    }
}

/// A status, or a class of them: `204`, `2xx`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusPattern {
    /// One status.
    One(u16),
    /// All of one class, by its first digit.
    Class(u8),
}

impl StatusPattern {
    /// Whether a status is meant.
    #[must_use]
    pub fn matches(self, status: u16) -> bool {
        match self {
            Self::One(one) => status == one,
            Self::Class(class) => status / 100 == u16::from(class),
        }
    }
}

fn status_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "integer"], "pattern": "^([1-5]xx|[1-5][0-9]{2})$", "minimum": 100, "maximum": 599 })
}

impl Default for StatusPattern {
    fn default() -> Self {
        Self::Class(2)
    }
}

/// The text is no status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no status such as `204` or `2xx`")]
pub struct InvalidStatus(String);

impl FromStr for StatusPattern {
    type Err = InvalidStatus;

    fn from_str(text: &str) -> Result<Self, InvalidStatus> {
        let invalid = || InvalidStatus(text.to_owned());
        if let Some(class) = text.strip_suffix("xx") {
            let class = class.parse().map_err(|_| invalid())?;
            return (1..=5)
                .contains(&class)
                .then_some(Self::Class(class))
                .ok_or_else(invalid);
        }
        let status = text.parse().map_err(|_| invalid())?;
        (100..=599)
            .contains(&status)
            .then_some(Self::One(status))
            .ok_or_else(invalid)
    }
}

impl fmt::Display for StatusPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(status) => write!(f, "{status}"),
            Self::Class(class) => write!(f, "{class}xx"),
        }
    }
}

impl Serialize for StatusPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StatusPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = StatusPattern;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a status such as 204 or 2xx")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<StatusPattern, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_u64<E: de::Error>(self, status: u64) -> Result<StatusPattern, E> {
                self.visit_str(&status.to_string())
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_read_and_written() {
        for text in ["204", "2xx", "5xx"] {
            assert_eq!(text.parse::<StatusPattern>().unwrap().to_string(), text);
        }
        for text in ["", "20", "6xx", "xx", "2x", "999", "ok"] {
            let error = text.parse::<StatusPattern>().unwrap_err();
            assert!(error.to_string().contains("`204` or `2xx`"), "{error}");
        }
    }

    #[test]
    fn a_reply_is_judged_by_status_and_body() {
        let expected = Expected {
            status: StatusPattern::Class(2),
            body_contains: Some("paid".to_owned()),
        };
        let judged = |status, body: &str| {
            let answer = expected.answer(status, body.as_bytes());
            (expected.accepts(&answer), answer)
        };
        assert_eq!(judged(201, "it is paid"), (true, Answer::Status(201)));
        assert_eq!(judged(201, "open"), (false, Answer::Body(201)));
        assert_eq!(judged(503, "it is paid"), (false, Answer::Status(503)));
        assert!(!expected.accepts(&Answer::Timeout));
    }
}
