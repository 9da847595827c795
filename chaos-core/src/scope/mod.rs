//! The request context that travels with a request.

mod attempt;
mod baggage;
mod counts;
mod current;
mod headers;
mod keys;
mod recycled;
mod request_key;
mod signed;
mod tag;
mod touched;
mod traceparent;
mod trust;

use std::fmt;
use std::sync::Arc;

use self::baggage::Baggage;
use self::counts::Counts;
use self::recycled::Recycled;
use self::request_key::RequestKey;
use self::touched::Touched;

pub use self::attempt::{Attempt, ZeroAttempt};
pub use self::current::Scoped;
pub use self::headers::{Headers, Received};
pub use self::keys::{InvalidTagKeys, KeyId, TagKeys};
pub use self::signed::{TagRefusal, TagsTooLarge};
pub use self::tag::{InvalidTag, Tag};
pub use self::touched::Touch;
pub use self::trust::TagTrust;

/// The request context that travels with a request: key, attempt, tags, and what was injected in it.
///
/// Clones and [retries](Self::retry) are views of one request: they share its history. Two scopes made
/// with the same key are two requests, which draw the same but remember separately.
///
/// ```
/// use chaos_core::{Attempt, Scope, Tag};
///
/// let first = Scope::new("order-7").tagged(Tag::new("canary")?);
/// let second = first.retry();
/// assert_eq!(second.key(), "order-7");
/// assert_eq!(second.attempt(), Attempt::FIRST.next());
/// assert!(second.has_tag(&Tag::new("canary")?));
/// # Ok::<(), chaos_core::InvalidTag>(())
/// ```
#[derive(Clone)]
#[must_use = "a scope does nothing until it is entered"]
pub struct Scope {
    request: Recycled,
    attempt: Attempt,
    tags: Option<Arc<[Tag]>>,
}

/// What every view of one request shares.
#[derive(Default)]
struct Request {
    key: RequestKey,
    baggage: Baggage,
    touched: Touched,
    counts: Counts,
}

impl Scope {
    /// Makes the scope of a request known by `key`: the first attempt, without tags.
    pub fn new(key: impl Into<String>) -> Self {
        Self::of(|_| RequestKey::given(key.into()), Baggage::default())
    }

    /// Makes the scope of a request that nothing names: its key is random.
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

    /// Says which attempt of the request this is.
    pub fn on_attempt(mut self, attempt: impl Into<Attempt>) -> Self {
        self.attempt = attempt.into();
        self
    }

    /// Adds a tag; one that is already there is not added twice.
    ///
    /// Clones made before keep the tags that they had.
    pub fn tagged(mut self, tag: Tag) -> Self {
        if !self.has_tag(&tag) {
            self.tags = Some(self.tags().iter().cloned().chain([tag]).collect());
        }
        self
    }

    /// The next attempt of the same request: same key, tags, baggage and history.
    pub fn retry(&self) -> Self {
        self.clone().on_attempt(self.attempt.next())
    }

    /// What names the request.
    #[must_use]
    pub fn key(&self) -> &str {
        self.request.key.as_str()
    }

    /// Whether the key was made up here, because nothing named the request.
    ///
    /// A decision drawn from such a key cannot be replayed.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.request.key.is_fresh()
    }

    /// Which attempt of the request this is.
    #[must_use]
    pub fn attempt(&self) -> Attempt {
        self.attempt
    }

    /// The tags, in the order in which they were added.
    #[must_use]
    pub fn tags(&self) -> &[Tag] {
        self.tags.as_deref().unwrap_or_default()
    }

    /// Whether the request carries `tag`.
    #[must_use]
    pub fn has_tag(&self, tag: &Tag) -> bool {
        self.tags().contains(tag)
    }

    /// The value that arrived with the request in its W3C `baggage` under `name`; the first, if several did.
    ///
    /// Nobody vouches for it: use it to tell requests apart, never to trust one.
    #[must_use]
    pub fn baggage(&self, name: &str) -> Option<&str> {
        self.request.baggage.get(name)
    }

    /// What was injected in this request so far, oldest first; the first 1,024 are kept.
    #[must_use]
    pub fn touched(&self) -> Vec<Touch> {
        self.request.touched.to_vec()
    }

    /// How many faults were injected in this request so far.
    #[must_use]
    pub fn touch_count(&self) -> u64 {
        self.request.touched.count()
    }

    /// Whether anything was injected in this request; one atomic load.
    #[must_use]
    pub fn was_touched(&self) -> bool {
        self.touch_count() > 0
    }

    /// Remembers that a fault was injected in this request.
    pub(crate) fn record(&self, touch: Touch) {
        self.request.touched.record(touch);
    }

    /// The hash of the key, computed when the scope was made.
    pub(crate) fn key_hash(&self) -> u64 {
        self.request.key.hash()
    }

    /// How often this was asked before for this experiment in this request: 0, 1, 2, …
    pub(crate) fn count_for(&self, experiment_id: u64) -> u64 {
        self.request.counts.next(experiment_id)
    }

    /// What the next [`count_for`](Self::count_for) will return.
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
