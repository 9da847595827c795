//! Excerpts of texts that others choose, and that may be long.

use std::borrow::Cow;

/// The maximum length of a kept text in bytes, which the documentation of events states.
const MAX_BYTES: usize = 512;
/// What an excerpt ends with.
const CUT: char = '…';

/// Returns a text of at most 512 bytes: this one, or its beginning followed by `…`.
pub(crate) fn excerpt(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_BYTES {
        return Cow::Borrowed(text);
    }
    let mut end = MAX_BYTES - CUT.len_utf8();
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut excerpt = String::with_capacity(MAX_BYTES);
    excerpt.push_str(&text[..end]);
    excerpt.push(CUT);
    Cow::Owned(excerpt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_fits_is_unchanged() {
        for text in ["", "POST /orders", &"x".repeat(MAX_BYTES)] {
            assert!(matches!(excerpt(text), Cow::Borrowed(kept) if kept == text));
        }
    }

    #[test]
    fn a_longer_text_is_cut_to_the_maximum() {
        let cut = excerpt(&"x".repeat(MAX_BYTES + 1)).into_owned();
        assert_eq!(cut, "x".repeat(MAX_BYTES - 3) + "…");
        assert_eq!(cut.len(), MAX_BYTES);
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        for character in ["é", "€", "🦀"] {
            for offset in 0..character.len() {
                let text = "x".repeat(offset) + &character.repeat(MAX_BYTES);
                let cut = excerpt(&text).into_owned();
                let kept = cut.strip_suffix(CUT).unwrap();
                assert!(text.starts_with(kept));
                assert!((MAX_BYTES - 3..=MAX_BYTES).contains(&cut.len()));
            }
        }
    }
}
