//! The W3C `baggage` header.

use std::borrow::Cow;

/// The limits of the W3C specification for all `baggage` headers together.
const MAX_MEMBERS: usize = 64;
const MAX_BYTES: usize = 8_192;

/// The name of our member.
pub(super) const OUR_NAME: &str = "chaos";

/// The members of the `baggage` headers of one request.
#[derive(Default)]
pub(super) struct Baggage(Vec<(Box<str>, Box<str>)>);

impl Baggage {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| &**known == name);
        found.map(|(_, value)| &**value)
    }
}

/// The value of our member, as it was sent.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum OurMember {
    #[default]
    Absent,
    One(String),
    Several,
}

impl OurMember {
    fn with(self, value: &str) -> Self {
        match self {
            Self::Absent => Self::One(value.to_owned()),
            Self::One(_) | Self::Several => Self::Several,
        }
    }
}

/// Reads `baggage` headers in order, as if they were one header joined by commas.
#[derive(Default)]
pub(super) struct BaggageReader {
    baggage: Baggage,
    ours: OurMember,
    members: usize,
    /// The length of the joined header so far; `None` before the first header.
    bytes: Option<usize>,
}

impl BaggageReader {
    /// Reads the next header. Members beyond a limit are ignored.
    pub(super) fn read(&mut self, header: &[u8]) {
        let mut end = self.bytes.map_or(0, |before| before.saturating_add(1));
        self.bytes = Some(end.saturating_add(header.len()));
        for text in header.split(|&byte| byte == b',') {
            end = end.saturating_add(text.len());
            if end > MAX_BYTES || self.members == MAX_MEMBERS {
                return;
            }
            // The comma after the member.
            end += 1;
            if let Some(member) = Member::parse(text) {
                self.members += 1;
                self.keep(&member);
            }
        }
    }

    fn keep(&mut self, member: &Member<'_>) {
        if member.name == OUR_NAME {
            self.ours = std::mem::take(&mut self.ours).with(member.value);
        } else if let Some(value) = percent_decoded(member.value) {
            self.baggage.0.push((member.name.into(), value.into()));
        }
    }

    pub(super) fn finish(self) -> (Baggage, OurMember) {
        (self.baggage, self.ours)
    }
}

/// One `name=value;properties`, without the properties.
struct Member<'a> {
    name: &'a str,
    value: &'a str,
}

impl<'a> Member<'a> {
    fn parse(text: &'a [u8]) -> Option<Self> {
        let text = text.split(|&byte| byte == b';').next()?;
        let equals = text.iter().position(|&byte| byte == b'=')?;
        let name = text[..equals].trim_ascii();
        let value = text[equals + 1..].trim_ascii();
        let well_formed = !name.is_empty()
            && name.iter().all(|&byte| is_token(byte))
            && value.iter().all(|&byte| is_value(byte));
        if !well_formed {
            return None;
        }
        Some(Self {
            name: str::from_utf8(name).ok()?,
            value: str::from_utf8(value).ok()?,
        })
    }
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_value(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\",;\\".contains(&byte)
}

/// Decodes `%41` to `A`. Invalid UTF-8 becomes U+FFFD; an invalid escape is refused.
fn percent_decoded(value: &str) -> Option<Cow<'_, str>> {
    if !value.contains('%') {
        return Some(Cow::Borrowed(value));
    }
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            let (&[high, low], after) = rest.split_first_chunk()?;
            decoded.push(hex_digit(high)? << 4 | hex_digit(low)?);
            rest = after;
        } else {
            decoded.push(byte);
        }
    }
    Some(Cow::Owned(String::from_utf8_lossy(&decoded).into_owned()))
}

fn hex_digit(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests;
