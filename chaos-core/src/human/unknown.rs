//! Words that nobody knows.

use super::listed;

/// How like another word must be, from 0 to 1, to be what was meant.
const LIKE: f64 = 0.7;

/// Says that a key or a value is none of `known`, and which of them may be meant.
pub(crate) fn unknown_word<'a>(
    what: &str,
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> String {
    let known: Vec<_> = known.into_iter().collect();
    let listed = listed(known.iter().copied());
    match nearest(word, known) {
        Some(nearest) => {
            format!("unknown {what} `{word}`: did you mean `{nearest}`? (expected one of {listed})")
        }
        None => format!("unknown {what} `{word}`, expected one of {listed}"),
    }
}

/// Whether a message of [`unknown_word`] is about a key.
pub(crate) fn is_about_a_key(message: &str) -> bool {
    message.starts_with("unknown key ")
}

/// The name that is most like a word, if one is like it at all.
pub(crate) fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(word, name), name))
        .filter(|(likeness, _)| *likeness > LIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_told_what_was_meant() {
        for (word, meant) in [
            ("fautl", "fault"),
            ("latncy", "latency"),
            ("mem", "memory"),
            ("unavailabel", "unavailable"),
        ] {
            let known = ["fault", "latency", "memory", "name", "unavailable"];
            assert_eq!(nearest(word, known), Some(meant));
        }
        assert_eq!(
            unknown_word("key", "fautl", ["name", "fault"]),
            "unknown key `fautl`: did you mean `fault`? (expected one of `name`, `fault`)"
        );
    }

    #[test]
    fn what_is_like_nothing_is_only_told_what_there_is() {
        assert_eq!(
            unknown_word("value", "x", ["name", "fault"]),
            "unknown value `x`, expected one of `name`, `fault`"
        );
    }
}
