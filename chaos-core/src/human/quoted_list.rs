//! Lists of words in messages.

/// Writes words as `` `a`, `b`, `c` ``.
pub(crate) fn quoted_list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<_> = words.into_iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_and_separated() {
        assert_eq!(quoted_list(["a", "b"]), "`a`, `b`");
    }
}
