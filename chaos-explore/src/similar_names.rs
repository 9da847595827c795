//! Names that are probably misspelt.

/// The similarity, from 0 to 1, above which a name is suggested.
const THRESHOLD: f64 = 0.7;

/// The largest number of letters that a slip of the pen gets wrong.
const MOST_LETTERS: usize = 2;

/// Returns the name that is most similar to `word`, if one is similar enough.
pub(crate) fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(word, name), name))
        .filter(|(similarity, _)| *similarity > THRESHOLD)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, name)| name)
}

/// Returns whether `word` is another name in which at most two letters are missing, wrong or swapped.
pub(crate) fn is_slip(word: &str, name: &str) -> bool {
    word != name && strsim::osa_distance(word, name) <= MOST_LETTERS
}
