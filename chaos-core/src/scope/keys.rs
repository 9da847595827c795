use std::fmt;
use std::time::Duration;

use hmac::{Hmac, KeyInit};
use sha2::Sha256;

/// The shortest secret, in bytes: as long as the hash is.
const SHORTEST_SECRET: usize = 32;
const LONGEST_ID: usize = 32;
const SHORTEST_VALIDITY: Duration = Duration::from_secs(1);
const LONGEST_VALIDITY: Duration = Duration::from_secs(3_600);
const USUAL_VALIDITY: Duration = Duration::from_secs(60);

/// The public name of a secret, so that a receiver knows which one to check with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyId(Box<str>);

/// The secrets that tags are signed with, and checked with, between services that trust each other.
///
/// One signs; it and those [accepted](Self::accept) besides are believed. To change a secret without a gap,
/// let every service accept the new one first, then sign with it, then drop the old one.
///
/// ```
/// use chaos_core::{KeyId, Scope, Tag, TagKeys, TagTrust};
/// use std::time::SystemTime;
///
/// # let (new_secret, old_secret) = ([1_u8; 32], [2_u8; 32]);
/// let keys = TagKeys::new(KeyId::new("2026-07")?, new_secret)?.accept(KeyId::new("2026-06")?, old_secret)?;
///
/// let sent = Scope::new("order-7").tagged(Tag::new("canary")?);
/// let baggage = keys.sign(&sent, SystemTime::now())?;
///
/// let headers = [("x-request-id", "order-7"), ("baggage", &baggage)];
/// let received = Scope::from_headers(&headers, &TagTrust::signed_by(keys));
/// assert!(received.has_tag(&Tag::new("canary")?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct TagKeys {
    signing: Key,
    accepted: Vec<Key>,
    validity: Duration,
}

/// One secret, kept only as what the signature is begun with.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) id: KeyId,
    pub(super) begun: Hmac<Sha256>,
}

/// The keys make no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTagKeys {
    /// The id is no [`KeyId`].
    #[error("a key id has 1 to {LONGEST_ID} letters, digits, `-`, `_` or `.`, but not {id:?}")]
    Id {
        /// The text that was given.
        id: String,
    },
    /// The secret is too short to be one.
    #[error("a secret has at least {SHORTEST_SECRET} bytes, that of key {id} has {length}")]
    ShortSecret {
        /// The id of the key.
        id: KeyId,
        /// How many bytes the secret has.
        length: usize,
    },
    /// Two keys have the same id.
    #[error("there is already a key {id}")]
    DuplicateId {
        /// The id.
        id: KeyId,
    },
    /// A signature would be valid too long, or not at all.
    #[error(
        "a signature is valid for {SHORTEST_VALIDITY:?} to {LONGEST_VALIDITY:?}, not {validity:?}"
    )]
    Validity {
        /// The time that was given.
        validity: Duration,
    },
}

impl KeyId {
    /// Makes a key id of `text`.
    ///
    /// # Errors
    ///
    /// [`InvalidTagKeys::Id`] unless it is 1 to 32 ASCII letters, digits, `-`, `_` or `.`.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidTagKeys> {
        let id = text.into();
        let fits = (1..=LONGEST_ID).contains(&id.len());
        if fits
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        {
            Ok(Self(id.into_boxed_str()))
        } else {
            Err(InvalidTagKeys::Id { id })
        }
    }

    /// The text of the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl TagKeys {
    /// Signs, and checks, with `secret`; a signature is valid for 60 seconds unless said otherwise.
    ///
    /// # Errors
    ///
    /// [`InvalidTagKeys::ShortSecret`] if the secret has fewer than 32 bytes.
    pub fn new(id: KeyId, secret: impl AsRef<[u8]>) -> Result<Self, InvalidTagKeys> {
        let signing = Key::new(id, secret.as_ref())?;
        Ok(Self {
            signing,
            accepted: Vec::new(),
            validity: USUAL_VALIDITY,
        })
    }

    /// Checks with `secret` too, but does not sign with it.
    ///
    /// # Errors
    ///
    /// [`InvalidTagKeys::ShortSecret`] if the secret has fewer than 32 bytes;
    /// [`InvalidTagKeys::DuplicateId`] if there is a key of that id already.
    pub fn accept(mut self, id: KeyId, secret: impl AsRef<[u8]>) -> Result<Self, InvalidTagKeys> {
        if self.find(id.as_str()).is_some() {
            return Err(InvalidTagKeys::DuplicateId { id });
        }
        self.accepted.push(Key::new(id, secret.as_ref())?);
        Ok(self)
    }

    /// Says how long a signature is valid: the ones made here, and at most, the ones checked here.
    ///
    /// # Errors
    ///
    /// [`InvalidTagKeys::Validity`] unless it is 1 second to 1 hour.
    pub fn valid_for(mut self, validity: Duration) -> Result<Self, InvalidTagKeys> {
        if !(SHORTEST_VALIDITY..=LONGEST_VALIDITY).contains(&validity) {
            return Err(InvalidTagKeys::Validity { validity });
        }
        self.validity = validity;
        Ok(self)
    }

    pub(super) fn signing(&self) -> &Key {
        &self.signing
    }

    pub(super) fn find(&self, id: &str) -> Option<&Key> {
        std::iter::once(&self.signing)
            .chain(&self.accepted)
            .find(|key| key.id.as_str() == id)
    }

    pub(super) fn validity(&self) -> Duration {
        self.validity
    }
}

impl Key {
    fn new(id: KeyId, secret: &[u8]) -> Result<Self, InvalidTagKeys> {
        let length = secret.len();
        if length < SHORTEST_SECRET {
            return Err(InvalidTagKeys::ShortSecret { id, length });
        }
        match Hmac::new_from_slice(secret) {
            Ok(begun) => Ok(Self { id, begun }),
            Err(_) => Err(InvalidTagKeys::ShortSecret { id, length }),
        }
    }
}

impl fmt::Debug for TagKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let accepted: Vec<&str> = self.accepted.iter().map(|key| key.id.as_str()).collect();
        f.debug_struct("TagKeys")
            .field("signing", &self.signing.id.as_str())
            .field("accepted", &accepted)
            .field("validity", &self.validity)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: [u8; 32] = *b"0123456789abcdefghijklmnopqrstuv";

    fn id(text: &str) -> KeyId {
        KeyId::new(text).unwrap()
    }

    #[test]
    fn a_key_id_is_short_and_plain() {
        assert!(KeyId::new("2026-07_a.B").is_ok());
        assert!(KeyId::new("x".repeat(32)).is_ok());
        for bad in ["", "a b", "a;b", "a=b", "é", &"x".repeat(33)] {
            assert_eq!(
                KeyId::new(bad),
                Err(InvalidTagKeys::Id { id: bad.to_owned() })
            );
        }
    }

    #[test]
    fn a_secret_has_at_least_32_bytes() {
        assert!(TagKeys::new(id("a"), SECRET).is_ok());
        let short = InvalidTagKeys::ShortSecret {
            id: id("a"),
            length: 31,
        };
        assert_eq!(TagKeys::new(id("a"), &SECRET[..31]).unwrap_err(), short);
        let keys = TagKeys::new(id("b"), SECRET).unwrap();
        assert_eq!(keys.accept(id("a"), &SECRET[..31]).unwrap_err(), short);
    }

    #[test]
    fn ids_are_unique() {
        let keys = TagKeys::new(id("a"), SECRET)
            .unwrap()
            .accept(id("b"), SECRET)
            .unwrap();
        for taken in ["a", "b"] {
            let refused = keys.clone().accept(id(taken), SECRET).unwrap_err();
            assert_eq!(refused, InvalidTagKeys::DuplicateId { id: id(taken) });
        }
    }

    #[test]
    fn a_signature_is_valid_for_a_second_to_an_hour() {
        let keys = TagKeys::new(id("a"), SECRET).unwrap();
        assert_eq!(keys.validity(), Duration::from_secs(60));
        for good in [SHORTEST_VALIDITY, LONGEST_VALIDITY] {
            assert_eq!(keys.clone().valid_for(good).unwrap().validity(), good);
        }
        for validity in [Duration::from_millis(999), Duration::from_millis(3_600_001)] {
            assert_eq!(
                keys.clone().valid_for(validity).unwrap_err(),
                InvalidTagKeys::Validity { validity }
            );
        }
    }

    #[test]
    fn debug_shows_ids_and_no_secret() {
        let keys = TagKeys::new(id("new"), SECRET)
            .unwrap()
            .accept(id("old"), SECRET)
            .unwrap();
        assert_eq!(
            format!("{keys:?}"),
            r#"TagKeys { signing: "new", accepted: ["old"], validity: 60s, .. }"#
        );
    }
}
