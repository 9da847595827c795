//! Why signed tags are refused, and what accepted ones hold.

use super::{Attempt, Tag};

/// The maximum length of `payload.signature` in bytes: half of the limit of all baggage.
pub(super) const MAX_LENGTH: usize = 4_096;

/// Why the tags and the attempt of a received request were ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum TagRefusal {
    /// This service trusts no tags.
    #[error("this service trusts no tags")]
    NotTrusted,
    /// There is more than one `chaos` member.
    #[error("there is more than one `chaos` member in the baggage")]
    SeveralMembers,
    /// The member is longer than any valid one.
    #[error("the `chaos` member is too long")]
    Oversize,
    /// The member has a format that this version does not know.
    #[error("the `chaos` member is malformed or of another version")]
    Malformed,
    /// The member is signed with a key that this service does not accept.
    #[error("the `chaos` member is signed with an unknown key")]
    UnknownKey,
    /// The signature was not made with the key that the member names.
    #[error("the signature of the `chaos` member is wrong")]
    WrongSignature,
    /// The member was signed for a request with another key.
    #[error("the `chaos` member was signed for another request")]
    OtherRequest,
    /// The signature has expired.
    #[error("the signature of the `chaos` member has expired")]
    Expired,
    /// The signature is valid for longer than this service allows: a clock is wrong, or the sender allows more.
    #[error("the signature of the `chaos` member is from the future, or valid for too long")]
    FromTheFuture,
}

/// The tags are too long to travel with a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("signed tags have at most {MAX_LENGTH} bytes, but these have {length}")]
#[non_exhaustive]
pub struct TagsTooLarge {
    /// The length of the signed tags in bytes.
    pub length: usize,
}

/// The content of a valid signature.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SignedTags {
    pub(super) attempt: Attempt,
    pub(super) tags: Vec<Tag>,
}
