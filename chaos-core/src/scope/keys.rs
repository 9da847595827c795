//! The keys that sign tags.

use std::fmt;
use std::time::Duration;

#[cfg(feature = "inject")]
use hmac::{Hmac, KeyInit};
#[cfg(feature = "inject")]
use sha2::Sha256;

/// The minimum length of a secret in bytes, which is that of the hash.
const MIN_SECRET: usize = 32;
const MAX_ID: usize = 32;
const MIN_VALIDITY: Duration = Duration::from_secs(1);
const MAX_VALIDITY: Duration = Duration::from_secs(3_600);
const DEFAULT_VALIDITY: Duration = Duration::from_secs(60);

/// The public name of a secret, by which a receiver chooses the secret to verify a signature with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyId(Box<str>);

/// The secrets with which services that trust each other sign and verify tags.
///
/// One secret signs. It and the [accepted](Self::accept) ones verify. To rotate a secret without a gap, first let every
/// service accept the new one, then sign with it, then remove the old one.
///
/// ```
/// use chaos_core::scope::KeyId;
/// use chaos_core::{Scope, Tag, TagKeys, TagTrust};
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

/// One secret, stored only as an initialised HMAC.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) id: KeyId,
    #[cfg(feature = "inject")]
    pub(super) hmac: Hmac<Sha256>,
}

/// The keys are invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTagKeys {
    /// The id is not a valid [`KeyId`].
    #[error("a key id has 1 to {MAX_ID} letters, digits, `-`, `_` or `.`, so {id:?} is invalid")]
    Id {
        /// The invalid text.
        id: String,
    },
    /// The secret is too short.
    #[error("a secret has at least {MIN_SECRET} bytes, but that of key {id} has {length}")]
    ShortSecret {
        /// The id of the key.
        id: KeyId,
        /// The length of the secret in bytes.
        length: usize,
    },
    /// Two keys have the same id.
    #[error("there are two keys with the id {id}")]
    DuplicateId {
        /// The id.
        id: KeyId,
    },
    /// The validity of signatures is out of range.
    #[error("a signature is valid for {MIN_VALIDITY:?} to {MAX_VALIDITY:?}, not for {validity:?}")]
    Validity {
        /// The invalid duration.
        validity: Duration,
    },
}

impl KeyId {
    /// Creates a key id.
    ///
    /// # Errors
    ///
    /// [`InvalidTagKeys::Id`] unless it is 1 to 32 ASCII letters, digits, `-`, `_` or `.`.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidTagKeys> {
        let id = text.into();
        let fits = (1..=MAX_ID).contains(&id.len());
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

    /// Returns the text of the id.
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
    /// Signs and verifies with `secret`. The validity of signatures defaults to 60 seconds.
    ///
    /// # Errors
    ///
    /// [`InvalidTagKeys::ShortSecret`] if the secret has fewer than 32 bytes.
    pub fn new(id: KeyId, secret: impl AsRef<[u8]>) -> Result<Self, InvalidTagKeys> {
        let signing = Key::new(id, secret.as_ref())?;
        Ok(Self {
            signing,
            accepted: Vec::new(),
            validity: DEFAULT_VALIDITY,
        })
    }

    /// Verifies with `secret`, too, but does not sign with it.
    ///
    /// # Errors
    ///
    /// [`InvalidTagKeys::ShortSecret`] if the secret has fewer than 32 bytes;
    /// [`InvalidTagKeys::DuplicateId`] if there is a key with this id already.
    pub fn accept(mut self, id: KeyId, secret: impl AsRef<[u8]>) -> Result<Self, InvalidTagKeys> {
        if self.find(id.as_str()).is_some() {
            return Err(InvalidTagKeys::DuplicateId { id });
        }
        self.accepted.push(Key::new(id, secret.as_ref())?);
        Ok(self)
    }

    /// Sets how long a signature is valid: exactly for those made here, at most for those verified here.
    ///
    /// # Errors
    ///
    /// [`InvalidTagKeys::Validity`] unless it is 1 second to 1 hour.
    pub fn valid_for(mut self, validity: Duration) -> Result<Self, InvalidTagKeys> {
        if !(MIN_VALIDITY..=MAX_VALIDITY).contains(&validity) {
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
        if length < MIN_SECRET {
            return Err(InvalidTagKeys::ShortSecret { id, length });
        }
        #[cfg(feature = "inject")]
        return match Hmac::new_from_slice(secret) {
            Ok(hmac) => Ok(Self { id, hmac }),
            Err(_) => Err(InvalidTagKeys::ShortSecret { id, length }),
        };
        #[cfg(not(feature = "inject"))]
        Ok(Self { id })
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
    fn a_key_id_is_short_and_has_no_special_characters() {
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
        for good in [MIN_VALIDITY, MAX_VALIDITY] {
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
    fn debug_shows_ids_but_no_secrets() {
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
