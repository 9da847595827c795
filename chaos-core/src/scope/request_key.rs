use std::fmt::Write as _;
use std::hash::{BuildHasher, RandomState};

use xxhash_rust::xxh3::xxh3_64;

/// The longest `x-request-id` that is taken as a key, in bytes.
const LONGEST_REQUEST_ID: usize = 200;

/// What names a request, with its hash.
#[derive(Default)]
pub(super) struct RequestKey {
    text: String,
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

    /// A key that nobody gave, in the room of a text.
    pub(super) fn fresh(mut room: String) -> Self {
        // Every `RandomState` is keyed anew, so the same two inputs give 128 bits never seen before.
        let random = RandomState::new();
        room.clear();
        let _ = write!(
            room,
            "{:016x}{:016x}",
            random.hash_one(0_u8),
            random.hash_one(1_u8)
        );
        Self::of(room, Origin::Fresh)
    }

    fn of(text: String, origin: Origin) -> Self {
        Self {
            hash: xxh3_64(text.as_bytes()),
            text,
            origin,
        }
    }

    /// The room that its text takes, for the next key.
    pub(super) fn into_room(self) -> String {
        self.text
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn hash(&self) -> u64 {
        self.hash
    }

    pub(super) fn is_fresh(&self) -> bool {
        self.origin == Origin::Fresh
    }
}

/// The request id in the value of an `x-request-id` header.
pub(super) fn request_id(value: &[u8]) -> Option<&str> {
    let id = value.trim_ascii();
    let fits = (1..=LONGEST_REQUEST_ID).contains(&id.len());
    let visible = id.iter().all(u8::is_ascii_graphic);
    (fits && visible).then(|| str::from_utf8(id).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_hash_is_the_one_of_the_text() {
        assert_eq!(
            RequestKey::given("order-7".to_owned()).hash(),
            xxh3_64(b"order-7")
        );
    }

    #[test]
    fn fresh_keys_differ_in_both_halves() {
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
