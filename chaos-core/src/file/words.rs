//! What readers say, in our words.

use crate::human;

/// How serde begins to say that a key is missing.
const MISSING: &str = "missing field ";

/// How serde begins to say that a value is not what was expected.
const INVALID: [&str; 2] = ["invalid type: ", "invalid value: "];

/// How serde begins to say that a key is none of those it knows, and how we do.
const UNKNOWN: [(&str, &str); 2] = [("unknown field `", "key"), ("unknown variant `", "value")];

/// Whether what a reader says has no place of its own, so that it names any around it.
pub(super) fn is_placeless(problem: &str) -> bool {
    problem.starts_with(MISSING) || INVALID.iter().any(|start| problem.starts_with(start))
}

/// What Rust and YAML call what people write.
const NAMES: [(&[&str], &str); 5] = [
    (&["u8", "u16", "u32", "u64", "i32", "i64"], "a whole number"),
    (
        &["a nonzero u32", "a nonzero u64"],
        "a whole number of at least 1",
    ),
    (&["string scalar"], "a string"),
    (&["mapping start"], "a map such as { key: value }"),
    (&["sequence start", "a sequence"], "a list"),
];

/// How YAML says that only two words are a yes or a no.
const NO_BOOLEAN: &str = "invalid boolean (strict mode expects true/false)";

/// Serde's messages name what was found first; ours, what was expected.
pub(super) fn ours(problem: &str) -> String {
    if let Some(field) = problem.strip_prefix(MISSING) {
        return format!("expected the key {field}");
    }
    for (start, what) in UNKNOWN {
        let found = problem.strip_prefix(start);
        if let Some((word, known)) = found.and_then(|found| found.split_once("`, expected ")) {
            return human::unknown_word(what, word, names(known));
        }
    }
    if problem == NO_BOOLEAN {
        return "expected `true` or `false`".to_owned();
    }
    let told = INVALID
        .into_iter()
        .find_map(|start| problem.strip_prefix(start)?.rsplit_once(", expected "));
    match (told, problem.strip_prefix("expected ")) {
        (Some((found, expected)), _) => format!("expected {}, found {found}", plain(expected)),
        (None, Some(expected)) => format!("expected {}", plain(expected)),
        (None, None) => problem.to_owned(),
    }
}

/// The names of a list such as "one of `a`, `b`", which YAML writes without quotes.
fn names(listed: &str) -> impl Iterator<Item = &str> {
    let words = listed.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.filter(|word| !matches!(*word, "" | "one" | "of" | "or"))
}

/// Whether a key is what is wrong, not its value.
pub(super) fn is_about_a_key(problem: &str) -> bool {
    problem.starts_with("unknown key ")
}

fn plain(expected: &str) -> &str {
    NAMES
        .iter()
        .find_map(|(names, ours)| names.contains(&expected).then_some(*ours))
        .unwrap_or(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_expected_comes_first_and_in_plain_words() {
        for (told, ours_is) in [
            ("missing field `name`", "expected the key `name`"),
            (
                "invalid type: string \"x\", expected u32",
                "expected a whole number, found string \"x\"",
            ),
            (
                "invalid value: integer `0`, expected a nonzero u32",
                "expected a whole number of at least 1, found integer `0`",
            ),
            (
                "expected mapping start",
                "expected a map such as { key: value }",
            ),
            (
                "expected at least 1, found 0",
                "expected at least 1, found 0",
            ),
            (
                "unknown field `naem`, expected `name` or `why`",
                "unknown key `naem`: did you mean `name`? (expected one of `name`, `why`)",
            ),
            (
                "unknown field `x`, expected one of name, why",
                "unknown key `x`, expected one of `name`, `why`",
            ),
            (
                "unknown variant `x`, expected one of `before`, `after`, `during`",
                "unknown value `x`, expected one of `before`, `after`, `during`",
            ),
            (NO_BOOLEAN, "expected `true` or `false`"),
            ("something else", "something else"),
        ] {
            assert_eq!(ours(told), ours_is);
        }
    }
}
