//! Which operation of a run it is, told so that another run can find it again.

use std::fmt::{self, Write as _};
use std::str::FromStr;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::invalid::InvalidPlacement;
use chaos_core::SiteKind;

/// Which operation of a run it is: where, what, in which request, which attempt, and which of those alike.
///
/// Written as `payments/client POST /charge #1`; ` attempt 2` and ` in` with the request that is not the test's own
/// follow where there is something to say. Parsed, the kind may be left out where the service has only one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperationId {
    pub(crate) service: Arc<str>,
    pub(crate) kind: Option<SiteKind>,
    pub(crate) name: Arc<str>,
    pub(crate) nth: u32,
    pub(crate) attempt: u32,
    pub(crate) within: Arc<str>,
}

impl OperationId {
    /// The service of the site.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// What the operation is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether this names that operation of a run, which has a kind.
    pub(crate) fn names(&self, met: &Self) -> bool {
        let Self {
            service,
            kind,
            name,
            nth,
            attempt,
            within,
        } = self;
        *service == met.service
            && kind.is_none_or(|kind| Some(kind) == met.kind)
            && *name == met.name
            && *nth == met.nth
            && *attempt == met.attempt
            && *within == met.within
    }

    /// Whether it is an operation of the site that this names one of.
    pub(crate) fn is_at_the_site_of(&self, met: &Self) -> bool {
        self.service == met.service && self.kind.is_none_or(|kind| Some(kind) == met.kind)
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_escaped(f, &self.service, |letter| {
            letter.is_whitespace() || letter == '/'
        })?;
        if let Some(kind) = self.kind {
            write!(f, "/{kind}")?;
        }
        f.write_char(' ')?;
        write_escaped(f, &self.name, |_| false)?;
        write!(f, " #{}", self.nth)?;
        if self.attempt > 1 {
            write!(f, " attempt {}", self.attempt)?;
        }
        if !self.within.is_empty() {
            f.write_str(" in ")?;
            // Behind it a phase and a `:` follow.
            write_escaped(f, &self.within, |letter| letter == ':')?;
        }
        Ok(())
    }
}

impl FromStr for OperationId {
    type Err = InvalidPlacement;

    fn from_str(text: &str) -> Result<Self, InvalidPlacement> {
        let wrong = |expected| InvalidPlacement::new(text, expected);
        let (site, rest) = text
            .split_once(' ')
            .ok_or_else(|| wrong("a service, a space and an operation"))?;
        let (service, kind) = match site.split_once('/') {
            None => (site, None),
            Some((service, kind)) => {
                let value = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(kind);
                let kind = <SiteKind as serde::Deserialize>::deserialize(value).map_err(|_| {
                    wrong("`server`, `client`, `database`, `stream` or `point` after the `/`")
                })?;
                (service, Some(kind))
            }
        };
        let (name, which) = rest
            .rsplit_once(" #")
            .ok_or_else(|| wrong("`#1` or another number after the operation"))?;
        let (which, within) = which.split_once(" in ").unwrap_or((which, ""));
        let (nth, attempt) = match which.split_once(' ') {
            None => (which, "1"),
            Some((nth, rest)) => {
                let attempt = rest.strip_prefix("attempt ");
                let expected = "`attempt` and a number, or `in` and a request";
                (nth, attempt.ok_or_else(|| wrong(expected))?)
            }
        };
        let number = |text: &str, expected| {
            let number = text.parse().ok().filter(|number| *number > 0);
            number.ok_or_else(|| wrong(expected))
        };
        Ok(Self {
            service: unescaped(service).into(),
            kind,
            name: unescaped(name).into(),
            nth: number(nth, "a number from 1 on after `#`")?,
            attempt: number(attempt, "a number after `attempt`")?,
            within: unescaped(within).into(),
        })
    }
}

impl Serialize for OperationId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Writes a name so that what separates names does not appear in it.
fn write_escaped(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    also: impl Fn(char) -> bool,
) -> fmt::Result {
    for letter in name.chars() {
        // The last three would end a line of a shell, a piece of code and a cell of a table in Markdown.
        if matches!(letter, '%' | '#' | ';' | '\'' | '`' | '|')
            || letter.is_control()
            || also(letter)
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

fn unescaped(text: &str) -> String {
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

    fn id(service: &str, name: &str, within: &str) -> OperationId {
        OperationId {
            service: service.into(),
            kind: Some(SiteKind::Client),
            name: name.into(),
            nth: 2,
            attempt: 3,
            within: within.into(),
        }
    }

    #[test]
    fn whatever_the_names_are_the_text_is_read_back() {
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
    fn the_kind_may_be_left_out() {
        let short: OperationId = "payments POST /charge #2 attempt 3".parse().unwrap();
        assert!(short.names(&id("payments", "POST /charge", "")));
        assert!(!short.names(&id("payments", "POST /charge", "other")));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            ("payments", "a service, a space"),
            ("payments/clint POST #1", "`server`, `client`"),
            ("payments POST /charge", "`#1`"),
            ("payments POST /charge #0", "from 1 on"),
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
