//! The scope of a received request, read from its headers.

use std::fmt;
use std::time::SystemTime;

use super::baggage::{BaggageReader, OurMember};
use super::request_key::{RequestKey, request_id};
use super::tag_refusal::SignedTags;
use super::traceparent::trace_ids;
use super::{Scope, TagRefusal, TagTrust};

/// The headers of a request, or the metadata of another protocol.
///
/// ```
/// use chaos_core::scope::Headers;
/// use chaos_core::{Scope, TagTrust};
/// use std::collections::BTreeMap;
///
/// struct Metadata(BTreeMap<String, Vec<Vec<u8>>>);
///
/// impl Headers for Metadata {
///     fn values(&self, name: &str, visit: &mut dyn FnMut(&[u8])) {
///         for value in self.0.get(name).into_iter().flatten() {
///             visit(value);
///         }
///     }
/// }
///
/// let metadata = Metadata([("x-request-id".to_owned(), vec![b"order-7".to_vec()])].into());
/// assert_eq!(Scope::from_headers(&metadata, &TagTrust::none()).key(), "order-7");
/// ```
pub trait Headers {
    /// Calls `visit` with each value of the header `name`, in the order of arrival.
    ///
    /// `name` is lowercase. It matches the header in any case.
    fn values(&self, name: &str, visit: &mut dyn FnMut(&[u8]));
}

impl fmt::Debug for dyn Headers + Sync + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Headers")
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for [(N, V)] {
    fn values(&self, name: &str, visit: &mut dyn FnMut(&[u8])) {
        for (known, value) in self {
            if known.as_ref().eq_ignore_ascii_case(name) {
                visit(value.as_ref());
            }
        }
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>, const LENGTH: usize> Headers for [(N, V); LENGTH] {
    fn values(&self, name: &str, visit: &mut dyn FnMut(&[u8])) {
        self.as_slice().values(name, visit);
    }
}

/// The scope of a received request, and why its tags were ignored.
#[derive(Debug)]
#[non_exhaustive]
pub struct Received {
    /// The scope.
    pub scope: Scope,
    /// Why the tags and the attempt in the headers were ignored; `None` if they were accepted, or absent.
    pub refusal: Option<TagRefusal>,
}

impl Scope {
    /// Creates the scope of a request that was received with `headers`.
    ///
    /// Its key is the trace id in `traceparent`, else the `x-request-id`, else random. Invalid headers are ignored, and
    /// so are these two if they occur more than once. Tags and attempt are accepted only if `trust` allows it. Requests of
    /// one trace from different spans are different attempts: faults are drawn for each of them.
    ///
    /// ```
    /// use chaos_core::{Scope, TagTrust};
    ///
    /// let headers = [
    ///     ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ///     ("baggage", "tenant=acme%20inc,region=eu"),
    /// ];
    /// let scope = Scope::from_headers(&headers, &TagTrust::none());
    /// assert_eq!(scope.key(), "4bf92f3577b34da6a3ce929d0e0e4736");
    /// assert_eq!(scope.baggage("tenant"), Some("acme inc"));
    /// ```
    pub fn from_headers(headers: &(impl Headers + ?Sized), trust: &TagTrust) -> Self {
        Self::receive(headers, trust, SystemTime::now()).scope
    }

    /// Creates the scope of a request that was received with `headers` at the time `now`.
    ///
    /// Like [`from_headers`](Self::from_headers), but also returns why tags were ignored.
    #[must_use]
    pub fn receive(
        headers: &(impl Headers + ?Sized),
        trust: &TagTrust,
        now: SystemTime,
    ) -> Received {
        let mut reader = BaggageReader::default();
        headers.values("baggage", &mut |header| reader.read(header));
        let (baggage, ours) = reader.finish();
        let scope = Self::of(|buffer| key_in(headers, buffer), baggage);

        let signed = match (ours, trust.keys()) {
            (OurMember::Absent, _) => Ok(None),
            (_, None) => Err(TagRefusal::NotTrusted),
            (OurMember::Several, _) => Err(TagRefusal::SeveralMembers),
            (OurMember::One(value), Some(keys)) => keys.verify(&value, scope.key(), now).map(Some),
        };
        let (scope, refusal) = match signed {
            Ok(None) => (scope, None),
            Ok(Some(SignedTags { attempt, tags })) => {
                let scope = scope.on_attempt(attempt);
                (tags.into_iter().fold(scope, Self::tagged), None)
            }
            Err(refusal) => (scope, Some(refusal)),
        };
        Received { scope, refusal }
    }
}

fn key_in(headers: &(impl Headers + ?Sized), mut buffer: String) -> RequestKey {
    let mut read = |text: &str| {
        buffer.clear();
        buffer.push_str(text);
    };
    let span = single(headers, "traceparent", |value| {
        let ids = trace_ids(value)?;
        read(ids.trace);
        Some(ids.span)
    });
    if let Some(span) = span {
        return RequestKey::in_span(buffer, span);
    }
    match single(headers, "x-request-id", |value| {
        request_id(value).map(&mut read)
    }) {
        Some(()) => RequestKey::given(buffer),
        None => RequestKey::fresh(buffer),
    }
}

/// Reads a header that may occur only once; `None` if it is invalid, too.
fn single<R>(
    headers: &(impl Headers + ?Sized),
    name: &str,
    mut read: impl FnMut(&[u8]) -> Option<R>,
) -> Option<R> {
    let mut count = 0_usize;
    let mut last = None;
    headers.values(name, &mut |value| {
        last = read(value);
        count += 1;
    });
    last.filter(|_| count == 1)
}

#[cfg(test)]
mod tests;
