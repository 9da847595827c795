//! A tag of a request.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The maximum length of a tag in bytes.
const MAX_LENGTH: usize = 128;

/// A mark on a request that experiments can select, such as `canary` or `tenant=acme`.
///
/// 1 to 128 visible ASCII characters, without `,` and `;`.
///
/// ```
/// use chaos_core::Tag;
///
/// assert_eq!(Tag::new("tenant=acme")?.as_str(), "tenant=acme");
/// assert!(Tag::new("two words").is_err());
/// # Ok::<(), chaos_core::error::InvalidTag>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tag(Arc<str>);

/// The text is not a valid [`Tag`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTag {
    /// The text is empty.
    #[error("a tag cannot be empty")]
    Empty,
    /// The text is too long.
    #[error("a tag has at most {MAX_LENGTH} bytes, but this one has {length}")]
    TooLong {
        /// The length of the text in bytes.
        length: usize,
    },
    /// A character is not allowed.
    #[error("a tag is visible ASCII without `,` and `;`, but {tag:?} has {character:?}")]
    Character {
        /// The text.
        tag: String,
        /// The first character that is not allowed.
        character: char,
    },
}

impl Tag {
    /// Creates a tag.
    ///
    /// # Errors
    ///
    /// [`InvalidTag`] if the text is empty, longer than 128 bytes, or has a character that is not
    /// visible ASCII, or a `,` or `;`.
    pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidTag> {
        let text = text.as_ref();
        if text.is_empty() {
            return Err(InvalidTag::Empty);
        }
        if text.len() > MAX_LENGTH {
            return Err(InvalidTag::TooLong { length: text.len() });
        }
        match text.chars().find(|&character| !is_allowed(character)) {
            Some(character) => Err(InvalidTag::Character {
                tag: text.to_owned(),
                character,
            }),
            None => Ok(Self(text.into())),
        }
    }

    /// Returns the text of the tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_allowed(character: char) -> bool {
    character.is_ascii_graphic() && character != ',' && character != ';'
}

impl TryFrom<&str> for Tag {
    type Error = InvalidTag;

    fn try_from(text: &str) -> Result<Self, InvalidTag> {
        Self::new(text)
    }
}

impl TryFrom<String> for Tag {
    type Error = InvalidTag;

    fn try_from(text: String) -> Result<Self, InvalidTag> {
        Self::new(text)
    }
}

impl FromStr for Tag {
    type Err = InvalidTag;

    fn from_str(text: &str) -> Result<Self, InvalidTag> {
        Self::new(text)
    }
}

impl From<Tag> for String {
    fn from(tag: Tag) -> Self {
        tag.as_str().to_owned()
    }
}

impl AsRef<str> for Tag {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_visible_ascii_without_comma_and_semicolon() {
        for byte in 0..=u8::MAX {
            let character = char::from(byte);
            let allowed = matches!(byte, 0x21..=0x7e) && !b",;".contains(&byte);
            assert_eq!(
                Tag::new(format!("a{character}b")).is_ok(),
                allowed,
                "{character:?}"
            );
        }
    }

    #[test]
    fn an_error_names_the_tag_and_the_character() {
        let refused = Tag::new("a b").unwrap_err();
        assert_eq!(
            refused,
            InvalidTag::Character {
                tag: "a b".to_owned(),
                character: ' '
            }
        );
        assert_eq!(
            refused.to_string(),
            "a tag is visible ASCII without `,` and `;`, but \"a b\" has ' '"
        );
    }

    #[test]
    fn a_tag_has_1_to_128_bytes() {
        assert_eq!(Tag::new(""), Err(InvalidTag::Empty));
        assert!(Tag::new("x".repeat(128)).is_ok());
        assert_eq!(
            Tag::new("x".repeat(129)),
            Err(InvalidTag::TooLong { length: 129 })
        );
    }

    #[test]
    fn a_tag_is_serialised_as_a_string_and_validated() {
        let tag: Tag = serde_json::from_str("\"tenant=acme\"").unwrap();
        assert_eq!(tag, Tag::new("tenant=acme").unwrap());
        assert_eq!(serde_json::to_string(&tag).unwrap(), "\"tenant=acme\"");
        assert!(serde_json::from_str::<Tag>("\"a;b\"").is_err());
    }
}
