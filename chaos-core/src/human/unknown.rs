//! Unknown words, with a suggestion of the word that was meant.

use super::quoted_list;

/// Describes a key or a value that is none of `known`.
pub(crate) fn unknown_word<'a>(
    what: &str,
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> String {
    let known: Vec<_> = known.into_iter().collect();
    let known_words = quoted_list(known.iter().copied());
    match nearest(word, known) {
        Some(nearest) => {
            format!(
                "unknown {what} `{word}`: did you mean `{nearest}`? (expected one of {known_words})"
            )
        }
        None => format!("unknown {what} `{word}`, expected one of {known_words}"),
    }
}

/// Whether a message is about a key rather than its value.
#[cfg(feature = "files")]
pub(crate) fn is_about_a_key(message: &str) -> bool {
    message.starts_with("unknown key ")
}

/// Returns the name that is most similar to `word`, if one is similar enough.
#[cfg(feature = "files")]
pub(crate) fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// The similarity, from 0 to 1, above which a name is suggested.
    const THRESHOLD: f64 = 0.7;
    names
        .into_iter()
        .map(|name| (likeness(word, name), name))
        .filter(|(similarity, _)| *similarity > THRESHOLD)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, name)| name)
}

/// Whether `word` is probably a slip of the pen for `name`: a letter or two are missing, wrong or swapped.
#[cfg(feature = "inject")]
pub(crate) fn is_slip(word: &str, name: &str) -> bool {
    let most = match name.chars().count() {
        0..=3 => return is_swap(word, name),
        4..=7 => 1,
        _ => 2,
    };
    word != name && strsim::osa_distance(word, name) <= most
}

/// The similarity of two names, from 0 to 1.
#[cfg(feature = "files")]
pub(crate) fn likeness(word: &str, name: &str) -> f64 {
    /// In a short name, two swapped letters leave little that is alike.
    const OF_SWAPPED: f64 = 0.9;
    let likeness = strsim::jaro_winkler(word, name);
    if is_swap(word, name) {
        likeness.max(OF_SWAPPED)
    } else {
        likeness
    }
}

/// Whether two neighbouring letters of `name` are swapped in `word`.
#[cfg(feature = "files")]
fn is_swap(word: &str, name: &str) -> bool {
    strsim::osa_distance(word, name) == 1 && strsim::levenshtein(word, name) == 2
}

/// Suggests nothing, because the similarity of names is compiled out.
#[cfg(not(feature = "files"))]
fn nearest<'a>(_: &str, _: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    None
}

#[cfg(all(test, feature = "files"))]
mod tests {
    use super::*;

    #[test]
    fn a_slip_differs_by_few_letters_for_its_length() {
        for (slip, name) in [
            ("psm", "pms"),
            ("auht", "auth"),
            ("aut", "auth"),
            ("paymnets", "payments"),
            ("inventroyy", "inventory"),
        ] {
            assert!(is_slip(slip, name), "{slip}");
        }
        for (other, name) in [
            ("pms", "pms"),
            ("app", "api"),
            ("pm", "pms"),
            ("orders-db", "orders"),
            ("carts", "parks"),
        ] {
            assert!(!is_slip(other, name), "{other}");
        }
    }

    #[test]
    fn a_misspelt_word_gets_a_suggestion() {
        for (word, meant) in [
            ("fautl", "fault"),
            ("latncy", "latency"),
            ("mem", "memory"),
            ("unavailabel", "unavailable"),
            ("psm", "pms"),
        ] {
            let known = ["fault", "latency", "memory", "name", "pms", "unavailable"];
            assert_eq!(nearest(word, known), Some(meant));
        }
        assert_eq!(
            unknown_word("key", "fautl", ["name", "fault"]),
            "unknown key `fautl`: did you mean `fault`? (expected one of `name`, `fault`)"
        );
    }

    #[test]
    fn a_word_that_resembles_no_other_gets_the_list_alone() {
        assert_eq!(
            unknown_word("value", "x", ["name", "fault"]),
            "unknown value `x`, expected one of `name`, `fault`"
        );
    }
}
