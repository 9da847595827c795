//! The reply that a request is expected to get.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Answer;

/// The reply that makes a request a success.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Expected {
    /// Its status; defaults to `2xx`.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "StatusText", into = "String")]
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
        let pattern = match text.strip_suffix("xx").map(str::parse) {
            Some(class) => class
                .ok()
                .filter(|class| (1..=5).contains(class))
                .map(Self::Class),
            None => text
                .parse()
                .ok()
                .filter(|status| (100..=599).contains(status))
                .map(Self::One),
        };
        pattern.ok_or_else(|| InvalidStatus(text.to_owned()))
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

/// A status as it is written.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a status such as 204 or 2xx")]
enum StatusText {
    Number(u16),
    Text(String),
}

impl TryFrom<StatusText> for StatusPattern {
    type Error = InvalidStatus;

    fn try_from(text: StatusText) -> Result<Self, InvalidStatus> {
        match text {
            StatusText::Number(status) => status.to_string().parse(),
            StatusText::Text(text) => text.parse(),
        }
    }
}

impl From<StatusPattern> for String {
    fn from(pattern: StatusPattern) -> Self {
        pattern.to_string()
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
