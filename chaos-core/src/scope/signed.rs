//! Signed tags, as they travel between services.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

use super::baggage::OUR_NAME;
use super::tag_refusal::{MAX_LENGTH, SignedTags, TagRefusal, TagsTooLarge};
use super::{Attempt, Scope, Tag, TagKeys};

const VERSION: &str = "1";
/// Signed with the payload, so that no signature made for another purpose is valid here.
const PURPOSE: &[u8] = b"chaos tags 1\n";
/// The maximum clock skew between two services.
const MAX_SKEW: Duration = Duration::from_secs(30);

impl TagKeys {
    /// Creates the baggage member that carries the tags and the attempt of `scope` to another service.
    ///
    /// Add the member, `chaos=…`, to the `baggage` header of a request to a trusted service. It is valid only for a
    /// request with the same key, so send the key as well.
    ///
    /// # Errors
    ///
    /// [`TagsTooLarge`] if it is longer than 4,096 bytes. 16 tags of the maximum length always fit.
    pub fn sign(&self, scope: &Scope, now: SystemTime) -> Result<String, TagsTooLarge> {
        let key = self.signing();
        let mut payload = format!(
            "{VERSION};{};{};{};{};",
            key.id,
            whole_seconds(since_epoch(now).saturating_add(self.validity())),
            scope.attempt(),
            digest(scope.key()),
        );
        for (position, tag) in scope.tags().iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            let _ = write!(payload, "{comma}{tag}");
        }
        let payload = BASE64.encode(payload);
        let signature = BASE64.encode(signed_hmac(&key.hmac, &payload).finalize().into_bytes());
        let length = payload.len() + 1 + signature.len();
        if length > MAX_LENGTH {
            return Err(TagsTooLarge { length });
        }
        Ok(format!("{OUR_NAME}={payload}.{signature}"))
    }

    /// Verifies the value of a member of the request with this key.
    pub(super) fn verify(
        &self,
        value: &str,
        request_key: &str,
        now: SystemTime,
    ) -> Result<SignedTags, TagRefusal> {
        if value.len() > MAX_LENGTH {
            return Err(TagRefusal::Oversize);
        }
        let (payload, signature) = value.split_once('.').ok_or(TagRefusal::Malformed)?;
        let text = BASE64.decode(payload).map_err(|_| TagRefusal::Malformed)?;
        let text = str::from_utf8(&text).map_err(|_| TagRefusal::Malformed)?;
        let signature = BASE64
            .decode(signature)
            .map_err(|_| TagRefusal::Malformed)?;
        let claim = Claim::split(text).ok_or(TagRefusal::Malformed)?;

        let key = self.find(claim.key_id).ok_or(TagRefusal::UnknownKey)?;
        signed_hmac(&key.hmac, payload)
            .verify_slice(&signature)
            .map_err(|_| TagRefusal::WrongSignature)?;

        let expiry = claim
            .expiry
            .parse()
            .map(Duration::from_secs)
            .map_err(|_| TagRefusal::Malformed)?;
        let signed = claim.signed_tags().ok_or(TagRefusal::Malformed)?;
        let now = since_epoch(now);
        let latest = whole_seconds(now.saturating_add(self.validity()).saturating_add(MAX_SKEW));
        if now >= expiry {
            Err(TagRefusal::Expired)
        } else if expiry.as_secs() > latest {
            Err(TagRefusal::FromTheFuture)
        } else if claim.request != digest(request_key) {
            Err(TagRefusal::OtherRequest)
        } else {
            Ok(signed)
        }
    }
}

/// The fields of a payload, as they were sent.
struct Claim<'a> {
    key_id: &'a str,
    expiry: &'a str,
    attempt: &'a str,
    request: &'a str,
    tags: &'a str,
}

impl<'a> Claim<'a> {
    fn split(text: &'a str) -> Option<Self> {
        let mut fields = text.split(';');
        let mut field = || fields.next();
        if field()? != VERSION {
            return None;
        }
        let claim = Self {
            key_id: field()?,
            expiry: field()?,
            attempt: field()?,
            request: field()?,
            tags: field()?,
        };
        field().is_none().then_some(claim)
    }

    fn signed_tags(&self) -> Option<SignedTags> {
        let attempt = Attempt::try_from(self.attempt.parse::<u32>().ok()?).ok()?;
        let tags = match self.tags {
            "" => Vec::new(),
            tags => tags
                .split(',')
                .map(Tag::new)
                .collect::<Result<_, _>>()
                .ok()?,
        };
        Some(SignedTags { attempt, tags })
    }
}

fn signed_hmac(hmac: &Hmac<Sha256>, payload: &str) -> Hmac<Sha256> {
    hmac.clone().chain_update(PURPOSE).chain_update(payload)
}

/// Represents a request key of any length and with any characters.
fn digest(request_key: &str) -> String {
    BASE64.encode(Sha256::digest(request_key))
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Rounds up, so that a signature is never valid for less than its validity.
fn whole_seconds(duration: Duration) -> u64 {
    duration
        .as_secs()
        .saturating_add(u64::from(duration.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests;
