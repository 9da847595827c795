//! The context that travels with a request.

mod attempt;
mod baggage;
#[cfg(feature = "inject")]
mod calls;
mod counts;
mod current;
mod headers;
mod keys;
mod recycled;
mod request_key;
#[cfg(feature = "inject")]
mod signed;
#[cfg(not(feature = "inject"))]
mod signed_off;
mod tag;
mod tag_refusal;
mod touched;
mod traceparent;
mod trust;

use std::fmt;
use std::sync::Arc;

use self::baggage::Baggage;
#[cfg(feature = "inject")]
use self::calls::Calls;
use self::counts::Counts;
use self::recycled::Recycled;
use self::request_key::RequestKey;
use self::touched::Touched;

pub use self::attempt::{Attempt, ZeroAttempt};
pub use self::current::Scoped;
pub use self::headers::{Headers, Received};
pub use self::keys::{InvalidTagKeys, KeyId, TagKeys};

pub use self::tag::{InvalidTag, Tag};
pub use self::tag_refusal::{TagRefusal, TagsTooLarge};
pub use self::touched::Touch;
pub use self::trust::TagTrust;

/// The context that travels with a request: key, attempt, tags, and the faults that were injected into it.
///
/// Clones and [retries](Self::retry) belong to the same request, and share its history. Two scopes created with the same
/// key are two requests: their draws are the same, but their histories are separate.
///
/// Each call of an operation within a request is drawn for by itself, with or without `retry`: with a rate of 50 %, a call
/// that is tried three times fails each time in 12.5 % of the requests. With the same key, the n-th call is the same.
///
/// ```
/// use chaos_core::{Attempt, Scope, Tag};
///
/// let first = Scope::new("order-7").tagged(Tag::new("canary")?);
/// let second = first.retry();
/// assert_eq!(second.key(), "order-7");
/// assert_eq!(second.attempt(), Attempt::FIRST.next());
/// assert!(second.has_tag(&Tag::new("canary")?));
/// # Ok::<(), chaos_core::error::InvalidTag>(())
/// ```
#[derive(Clone)]
#[must_use = "a scope does nothing until it is entered"]
pub struct Scope {
    request: Recycled,
    attempt: Attempt,
    tags: Option<Arc<[Tag]>>,
}

/// The part of a scope that all its clones and retries share.
#[derive(Default)]
struct Request {
    key: RequestKey,
    baggage: Baggage,
    touched: Touched,
    counts: Counts,
    #[cfg(feature = "inject")]
    calls: Calls,
}

impl Scope {
    /// Creates the scope of the first attempt of a request, without tags.
    pub fn new(key: impl Into<String>) -> Self {
        Self::of(|_| RequestKey::given(key.into()), Baggage::default())
    }

    /// Creates the scope of a request with a random key.
    pub fn fresh() -> Self {
        Self::of(RequestKey::fresh, Baggage::default())
    }

    fn of(key: impl FnOnce(String) -> RequestKey, baggage: Baggage) -> Self {
        Self {
            request: Recycled::new(key, baggage),
            attempt: Attempt::FIRST,
            tags: None,
        }
    }

    /// Sets the attempt.
    pub fn on_attempt(mut self, attempt: impl Into<Attempt>) -> Self {
        self.attempt = attempt.into();
        self
    }

    /// Adds a tag, unless the scope has it already.
    ///
    /// Earlier clones are unchanged.
    pub fn tagged(mut self, tag: Tag) -> Self {
        if !self.has_tag(&tag) {
            self.tags = Some(self.tags().iter().cloned().chain([tag]).collect());
        }
        self
    }

    /// Returns the scope of the next attempt, with the same key, tags, baggage and history.
    pub fn retry(&self) -> Self {
        self.clone().on_attempt(self.attempt.next())
    }

    /// Returns the key of the request.
    #[must_use]
    pub fn key(&self) -> &str {
        self.request.key.as_str()
    }

    /// True if the key is random, because the request had none.
    ///
    /// Decisions with such a key cannot be replayed.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.request.key.is_fresh()
    }

    /// Returns the attempt.
    #[must_use]
    pub fn attempt(&self) -> Attempt {
        self.attempt
    }

    /// Returns the tags, in the order in which they were added.
    #[must_use]
    pub fn tags(&self) -> &[Tag] {
        self.tags.as_deref().unwrap_or_default()
    }

    /// True if the request has this tag.
    #[must_use]
    pub fn has_tag(&self, tag: &Tag) -> bool {
        self.tags().contains(tag)
    }

    /// Returns the first value that the request received in its W3C `baggage` under `name`.
    ///
    /// The value is not verified: use it to distinguish requests, never to trust one.
    #[must_use]
    pub fn baggage(&self, name: &str) -> Option<&str> {
        self.request.baggage.get(name)
    }

    /// Returns the faults that were injected into this request, oldest first, at most 1,024.
    #[must_use]
    pub fn touched(&self) -> Vec<Touch> {
        self.request.touched.to_vec()
    }

    /// Returns how many faults were injected into this request.
    #[must_use]
    pub fn touch_count(&self) -> u64 {
        self.request.touched.count()
    }

    /// True if a fault was injected into this request. Costs one atomic load.
    #[must_use]
    pub fn was_touched(&self) -> bool {
        self.touch_count() > 0
    }

    /// Records that a fault was injected into this request.
    pub(crate) fn record(&self, touch: Touch) {
        self.request.touched.record(touch);
    }

    /// Returns the hash of the key, which was computed when the scope was created.
    #[cfg(feature = "inject")]
    pub(crate) fn key_hash(&self) -> u64 {
        self.request.key.hash()
    }

    /// Returns 0, 1, 2, … for each operation in this request, given by its hash.
    #[cfg(feature = "inject")]
    pub(crate) fn count_call(&self, operation: u64) -> u32 {
        self.request.calls.next(operation)
    }

    /// Returns what the next [`count_call`](Self::count_call) will return.
    #[cfg(feature = "inject")]
    pub(crate) fn peek_calls(&self, operation: u64) -> u32 {
        self.request.calls.peek(operation)
    }

    /// Returns 0, 1, 2, … for each experiment in this request.
    pub(crate) fn count_for(&self, experiment_id: u64) -> u64 {
        self.request.counts.next(experiment_id)
    }

    /// Returns what the next [`count_for`](Self::count_for) will return.
    pub(crate) fn peek_count(&self, experiment_id: u64) -> u64 {
        self.request.counts.peek(experiment_id)
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("key", &self.key())
            .field("attempt", &self.attempt.get())
            .field("tags", &self.tags())
            .field("touch_count", &self.touch_count())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
