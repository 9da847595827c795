//! The identity of an operation, which is the same in every trial of a test.

use std::fmt::{self, Write as _};
use std::str::FromStr;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use chaos_core::SiteKind;

use crate::placement::invalid::InvalidPlacement;

/// The identity of an operation: its site, name, request, attempt, and number among equal operations.
///
/// The text form is `payments/client POST /charge #1`. ` attempt 2` follows from the second attempt on, and ` in` with a
/// request follows where the operation doesn't belong to the test's own request. The parser accepts text without a kind,
/// which is enough where the service has only one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperationId {
    pub(crate) service: Arc<str>,
    pub(crate) kind: Option<SiteKind>,
    pub(crate) name: Arc<str>,
    pub(crate) nth: u32,
    pub(crate) attempt: u32,
    /// The request, empty for the test's own.
    pub(crate) request: Arc<str>,
}

impl OperationId {
    /// Returns the service of the operation's site.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// Returns the name of the operation.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns whether this identifies the recorded operation; an identity without a kind matches every kind.
    pub(crate) fn matches(&self, recorded: &Self) -> bool {
        let Self {
            service,
            kind,
            name,
            nth,
            attempt,
            request,
        } = self;
        *service == recorded.service
            && kind.is_none_or(|kind| Some(kind) == recorded.kind)
            && *name == recorded.name
            && *nth == recorded.nth
            && *attempt == recorded.attempt
            && *request == recorded.request
    }

    /// Returns whether the other operation is the next of those that are equal to this one.
    pub(crate) fn precedes(&self, next: &Self) -> bool {
        let nth = next.nth.saturating_sub(1);
        *self
            == Self {
                nth,
                ..next.clone()
            }
    }

    /// Returns whether the recorded operation is at the site of this one and has its name.
    pub(crate) fn has_name_of(&self, recorded: &Self) -> bool {
        self.is_at_same_site(recorded) && self.name == recorded.name
    }

    /// Returns whether the recorded operation is at the site of this one.
    pub(crate) fn is_at_same_site(&self, recorded: &Self) -> bool {
        self.service == recorded.service && self.kind.is_none_or(|kind| Some(kind) == recorded.kind)
    }
}

/// A name with its separators escaped.
pub(crate) struct Escaped<'a> {
    name: &'a str,
    is_separator: fn(char) -> bool,
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_escaped(f, self.name, self.is_separator)
    }
}

impl OperationId {
    /// Returns the site and the name, without what tells equal operations apart.
    pub(crate) fn kind_and_name(&self) -> String {
        let kind = self.kind.map_or(String::new(), |kind| format!("/{kind}"));
        format!("{}{kind} {}", self.escaped_service(), self.escaped_name())
    }

    /// Returns the service as replay lines have it.
    pub(crate) fn escaped_service(&self) -> Escaped<'_> {
        Escaped {
            name: &self.service,
            is_separator: |letter| letter.is_whitespace() || letter == '/',
        }
    }

    /// Returns the name as replay lines have it.
    pub(crate) fn escaped_name(&self) -> Escaped<'_> {
        Escaped {
            name: &self.name,
            is_separator: |_| false,
        }
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.escaped_service())?;
        if let Some(kind) = self.kind {
            write!(f, "/{kind}")?;
        }
        write!(f, " {} #{}", self.escaped_name(), self.nth)?;
        if self.attempt > 1 {
            write!(f, " attempt {}", self.attempt)?;
        }
        if !self.request.is_empty() {
            f.write_str(" in ")?;
            // A phase and a `:` follow the request.
            write_escaped(f, &self.request, |letter| letter == ':')?;
        }
        Ok(())
    }
}

impl FromStr for OperationId {
    type Err = InvalidPlacement;

    fn from_str(text: &str) -> Result<Self, InvalidPlacement> {
        let invalid = |expected| InvalidPlacement::new(text, expected);
        let (site, rest) = text
            .split_once(' ')
            .ok_or_else(|| invalid("a service, a space and an operation"))?;
        let (service, kind) = match site.split_once('/') {
            None => (site, None),
            Some((service, kind)) => {
                let value = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(kind);
                let kind = <SiteKind as serde::Deserialize>::deserialize(value).map_err(|_| {
                    invalid("`server`, `client`, `database`, `stream` or `point` after the `/`")
                })?;
                (service, Some(kind))
            }
        };
        let (name, rest) = rest
            .rsplit_once(" #")
            .ok_or_else(|| invalid("`#1` or another number after the operation"))?;
        let (rest, request) = rest.split_once(" in ").unwrap_or((rest, ""));
        let (nth, attempt) = match rest.split_once(' ') {
            None => (rest, "1"),
            Some((nth, rest)) => {
                let attempt = rest.strip_prefix("attempt ");
                let expected = "`attempt` and a number, or `in` and a request";
                (nth, attempt.ok_or_else(|| invalid(expected))?)
            }
        };
        let number = |text: &str, expected| {
            let number = text.parse().ok().filter(|number| *number > 0);
            number.ok_or_else(|| invalid(expected))
        };
        Ok(Self {
            service: unescape(service).into(),
            kind,
            name: unescape(name).into(),
            nth: number(nth, "a number of 1 or more after `#`")?,
            attempt: number(attempt, "a number after `attempt`")?,
            request: unescape(request).into(),
        })
    }
}

impl Serialize for OperationId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Writes a name with its separators escaped.
fn write_escaped(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    is_separator: impl Fn(char) -> bool,
) -> fmt::Result {
    for letter in name.chars() {
        // `'` would end a quoted shell word; a backtick and `|` would end code and a table cell in Markdown.
        if matches!(letter, '%' | '#' | ';' | '\'' | '`' | '|')
            || letter.is_control()
            || is_separator(letter)
        {
            let mut bytes = [0; 4];
            for byte in letter.encode_utf8(&mut bytes).bytes() {
                write!(f, "%{byte:02x}")?;
            }
        } else {
            f.write_char(letter)?;
        }
    }
    Ok(())
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, following @ ..] = rest {
        let escaped = following
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = &following[if escaped.is_some() { 2 } else { 0 }..];
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(service: &str, name: &str, request: &str) -> OperationId {
        OperationId {
            service: service.into(),
            kind: Some(SiteKind::Client),
            name: name.into(),
            nth: 2,
            attempt: 3,
            request: request.into(),
        }
    }

    #[test]
    fn names_with_special_characters_round_trip() {
        for id in [
            id("payments", "POST /charge", ""),
            id("our bank/eu", "GET /a;b #2 100%", "shop POST /x"),
            id("päy's", "line\nbreak", "order 7"),
            id("", "", "x before:reset"),
            id(
                "x #2 after:reset",
                "a attempt 2 in `b` | before:reset",
                " in ",
            ),
        ] {
            let text = id.to_string();
            assert_eq!(text.parse::<OperationId>().unwrap(), id, "{id}");
            assert!(!text.contains(['\'', '`', '|', ';', '\n']), "{id}");
        }
    }

    #[test]
    fn the_kind_is_optional() {
        let short: OperationId = "payments POST /charge #2 attempt 3".parse().unwrap();
        assert!(short.matches(&id("payments", "POST /charge", "")));
        assert!(!short.matches(&id("payments", "POST /charge", "other")));
    }

    #[test]
    fn a_parse_error_names_the_invalid_part() {
        for (text, expected) in [
            ("payments", "a service, a space"),
            ("payments/clint POST #1", "`server`, `client`"),
            ("payments POST /charge", "`#1`"),
            ("payments POST /charge #0", "1 or more"),
            ("payments POST /charge #1 again", "`attempt`"),
            (
                "payments POST /charge #1 attempt x",
                "number after `attempt`",
            ),
        ] {
            let error = text.parse::<OperationId>().unwrap_err().to_string();
            assert!(error.contains(expected) && error.contains(text), "{error}");
        }
    }
}
