//! The key that identifies a request.

use std::fmt::Write as _;
use std::hash::{BuildHasher, RandomState};

#[cfg(feature = "inject")]
use xxhash_rust::xxh3::xxh3_64;

/// The maximum length of an `x-request-id` in bytes.
const MAX_REQUEST_ID: usize = 200;

/// The key that identifies a request, with its hash.
#[derive(Default)]
pub(super) struct RequestKey {
    text: String,
    #[cfg(feature = "inject")]
    hash: u64,
    origin: Origin,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Origin {
    Given,
    #[default]
    Fresh,
}

impl RequestKey {
    pub(super) fn given(text: String) -> Self {
        Self::of(text, Origin::Given)
    }

    /// Creates the key of a request in a trace; each span of the caller is another attempt.
    pub(super) fn in_span(trace: String, span: u64) -> Self {
        #[cfg(feature = "inject")]
        return Self {
            hash: xxh3_64(trace.as_bytes()) ^ xxh3_64(&span.to_le_bytes()),
            ..Self::given(trace)
        };
        #[cfg(not(feature = "inject"))]
        {
            let _ = span;
            Self::given(trace)
        }
    }

    /// Creates a random key in the memory of `buffer`.
    pub(super) fn fresh(mut buffer: String) -> Self {
        // Every `RandomState` has new keys, so hashing two constants gives 128 random bits.
        let random = RandomState::new();
        buffer.clear();
        let _ = write!(
            buffer,
            "{:016x}{:016x}",
            random.hash_one(0_u8),
            random.hash_one(1_u8)
        );
        Self::of(buffer, Origin::Fresh)
    }

    fn of(text: String, origin: Origin) -> Self {
        Self {
            #[cfg(feature = "inject")]
            hash: xxh3_64(text.as_bytes()),
            text,
            origin,
        }
    }

    /// Returns the memory of the text, for another key.
    pub(super) fn into_buffer(self) -> String {
        self.text
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    #[cfg(feature = "inject")]
    pub(super) fn hash(&self) -> u64 {
        self.hash
    }

    pub(super) fn is_fresh(&self) -> bool {
        self.origin == Origin::Fresh
    }
}

/// Reads the request id from the value of an `x-request-id` header.
pub(super) fn request_id(value: &[u8]) -> Option<&str> {
    let id = value.trim_ascii();
    let fits = (1..=MAX_REQUEST_ID).contains(&id.len());
    let visible = id.iter().all(u8::is_ascii_graphic);
    (fits && visible).then(|| str::from_utf8(id).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_hash_is_that_of_the_text() {
        assert_eq!(
            RequestKey::given("order-7".to_owned()).hash(),
            xxh3_64(b"order-7")
        );
    }

    #[test]
    fn random_keys_differ_in_both_halves() {
        let keys: Vec<RequestKey> = (0..1_000)
            .map(|_| RequestKey::fresh(String::new()))
            .collect();
        let halves = keys.iter().map(|key| key.as_str().split_at(16));
        let (first, second): (HashSet<&str>, HashSet<&str>) = halves.unzip();
        assert_eq!((first.len(), second.len()), (1_000, 1_000));
        assert!(keys.iter().all(|key| key.as_str().len() == 32));
        assert!(
            keys.iter()
                .all(|key| key.as_str().split_at(16).0 != key.as_str().split_at(16).1)
        );
    }

    #[test]
    fn a_request_id_is_trimmed() {
        assert_eq!(request_id(b" \tabc-1 "), Some("abc-1"));
    }

    #[test]
    fn a_request_id_has_1_to_200_bytes() {
        assert_eq!(request_id(b"  "), None);
        assert!(request_id(&[b'x'; 200]).is_some());
        assert_eq!(request_id(&[b'x'; 201]), None);
    }

    #[test]
    fn a_request_id_is_visible_ascii() {
        assert_eq!(request_id(b"~!"), Some("~!"));
        for bad in [
            b"a b".as_slice(),
            b"a\x7f",
            b"a\x1fb",
            "caf\u{e9}".as_bytes(),
            b"a\xff",
        ] {
            assert_eq!(request_id(bad), None, "{bad:?}");
        }
    }
}
