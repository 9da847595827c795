use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

use super::baggage::OURS;
use super::{Attempt, Scope, Tag, TagKeys};

const VERSION: &str = "1";
/// Signed along with the payload, so that no signature made for anything else can pass for one of ours.
const PURPOSE: &[u8] = b"chaos tags 1\n";
/// The longest `payload.signature`, in bytes: half of what all baggage together may have.
const LONGEST: usize = 4_096;
/// How far the clocks of two services may be apart.
const SKEW: Duration = Duration::from_secs(30);

/// Why the tags and the attempt that came with a request were ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum TagRefusal {
    /// This service trusts no tags.
    #[error("this service trusts no tags")]
    NotTrusted,
    /// There is more than one `chaos` member, so none can be told to be the right one.
    #[error("there is more than one `chaos` member in the baggage")]
    SeveralMembers,
    /// The member is longer than any that is made.
    #[error("the `chaos` member is too long")]
    Oversize,
    /// The member is not of a form that this version understands.
    #[error("the `chaos` member is malformed or of another version")]
    Malformed,
    /// It is signed with a key that this service does not accept.
    #[error("the key that it is signed with is not known here")]
    UnknownKey,
    /// The signature is not the one of the key that it names.
    #[error("the signature is wrong")]
    WrongSignature,
    /// It was signed for another request: the key of this one is not the one that was signed.
    #[error("it was signed for another request")]
    OtherRequest,
    /// Its time is over.
    #[error("the signature is expired")]
    Expired,
    /// It would stay valid longer than this service allows: a clock is wrong, or the sender allows more.
    #[error("the signature is from the future, or valid too long")]
    FromTheFuture,
}

/// The tags are too many or too long to travel with a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("signed tags have at most {LONGEST} bytes, these have {length}")]
#[non_exhaustive]
pub struct TagsTooLarge {
    /// How many bytes they would have.
    pub length: usize,
}

/// What a valid signature vouches for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SignedTags {
    pub(super) attempt: Attempt,
    pub(super) tags: Vec<Tag>,
}

impl TagKeys {
    /// Makes the baggage member that carries the tags and the attempt of `scope` to another service.
    ///
    /// It is a whole member, `chaos=…`, to be added to the `baggage` header of a request to a service that
    /// is trusted. It holds only for a request that arrives there with the same key, so send the key too.
    ///
    /// # Errors
    ///
    /// [`TagsTooLarge`] if it would have more than 4,096 bytes; 16 tags of the greatest length always fit.
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
        let signature = BASE64.encode(begun_with(&key.begun, &payload).finalize().into_bytes());
        let length = payload.len() + 1 + signature.len();
        if length > LONGEST {
            return Err(TagsTooLarge { length });
        }
        Ok(format!("{OURS}={payload}.{signature}"))
    }

    /// Checks the value of a member that came with the request known by `request_key`.
    pub(super) fn verify(
        &self,
        value: &str,
        request_key: &str,
        now: SystemTime,
    ) -> Result<SignedTags, TagRefusal> {
        if value.len() > LONGEST {
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
        begun_with(&key.begun, payload)
            .verify_slice(&signature)
            .map_err(|_| TagRefusal::WrongSignature)?;

        let expiry = claim
            .expiry
            .parse()
            .map(Duration::from_secs)
            .map_err(|_| TagRefusal::Malformed)?;
        let signed = claim.signed_tags().ok_or(TagRefusal::Malformed)?;
        let now = since_epoch(now);
        let latest = whole_seconds(now.saturating_add(self.validity()).saturating_add(SKEW));
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

fn begun_with(begun: &Hmac<Sha256>, payload: &str) -> Hmac<Sha256> {
    begun.clone().chain_update(PURPOSE).chain_update(payload)
}

/// Stands for a request key of any length and any characters.
fn digest(request_key: &str) -> String {
    BASE64.encode(Sha256::digest(request_key))
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Rounded up, so that a signature is never valid for less than was said.
fn whole_seconds(duration: Duration) -> u64 {
    duration
        .as_secs()
        .saturating_add(u64::from(duration.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests;
