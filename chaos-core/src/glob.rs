//! Patterns for the names of operations.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::human;

/// A pattern for names: `*` matches any run of characters, every other character matches itself.
///
/// The run may be empty and may contain spaces and slashes.
///
/// ```
/// use chaos_core::OperationGlob;
///
/// let charges = OperationGlob::new("POST /charge/*")?;
/// assert!(charges.matches("POST /charge/7/confirm"));
/// assert!(!charges.matches("GET /charge/7"));
/// # Ok::<(), chaos_core::error::EmptyGlob>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationGlob(Box<str>);

impl OperationGlob {
    /// Creates a pattern.
    ///
    /// # Errors
    ///
    /// When `glob` is empty.
    pub fn new(glob: &str) -> Result<Self, EmptyGlob> {
        if glob.is_empty() {
            return Err(EmptyGlob);
        }
        Ok(Self(glob.into()))
    }

    /// Whether `name` matches the pattern; takes linear time in its length.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let Some((prefix, rest)) = self.0.split_once('*') else {
            return *self.0 == *name;
        };
        let (middle, suffix) = rest.rsplit_once('*').unwrap_or(("", rest));
        let Some(mut unmatched) = name
            .strip_prefix(prefix)
            .and_then(|name| name.strip_suffix(suffix))
        else {
            return false;
        };
        // Matching each part as far left as possible makes backtracking unnecessary.
        middle.split('*').all(|part| match unmatched.find(part) {
            Some(at) => {
                unmatched = &unmatched[at + part.len()..];
                true
            }
            None => false,
        })
    }

    /// Whether a name matches the pattern, regardless of the case of ASCII letters.
    pub(crate) fn matches_ignoring_case(&self, name: impl Iterator<Item = u8> + Clone) -> bool {
        let mut glob = self.0.as_bytes();
        let mut unmatched = name;
        let mut last_star = None;
        loop {
            if let [b'*', rest @ ..] = glob {
                last_star = Some((rest, unmatched.clone()));
                glob = rest;
                continue;
            }
            let mut after = unmatched.clone();
            match (glob.split_first(), after.next()) {
                (None, None) => return true,
                (Some((want, rest)), Some(have)) if want.eq_ignore_ascii_case(&have) => {
                    glob = rest;
                    unmatched = after;
                }
                // The last star has to match one byte more; those before it need not.
                _ => {
                    let Some((rest, from)) = &mut last_star else {
                        return false;
                    };
                    if from.next().is_none() {
                        return false;
                    }
                    glob = rest;
                    unmatched = from.clone();
                }
            }
        }
    }

    /// Whether the pattern has no wildcard and so matches only one name.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        !self.0.contains('*')
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for OperationGlob {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for OperationGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for OperationGlob {
    type Err = EmptyGlob;

    fn from_str(glob: &str) -> Result<Self, Self::Err> {
        Self::new(glob)
    }
}

impl TryFrom<&str> for OperationGlob {
    type Error = EmptyGlob;

    fn try_from(glob: &str) -> Result<Self, Self::Error> {
        Self::new(glob)
    }
}

impl Serialize for OperationGlob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for OperationGlob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        human::parsed_name(deserializer, "a name such as \"POST /charge/*\"", Self::new)
    }
}

/// The error of an empty [`OperationGlob`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a name such as \"POST /charge/*\", found an empty string")]
pub struct EmptyGlob;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn matches(glob: &str, name: &str) -> bool {
        OperationGlob::new(glob).unwrap().matches(name)
    }

    #[test]
    fn literals_match_only_themselves() {
        assert!(matches("GET /a", "GET /a"));
        assert!(!matches("GET /a", "GET /ab"));
        assert!(!matches("GET /a", "XGET /a"));
        assert!(matches("a?[b].c", "a?[b].c"));
        assert!(!matches("a.c", "abc"));
    }

    #[test]
    fn a_star_matches_any_run() {
        assert!(matches("*", ""));
        assert!(matches("*", "POST /x y"));
        assert!(matches("POST *", "POST /a/b c"));
        assert!(matches("*orders", "INSERT orders"));
        assert!(matches("a*b*c", "a1b2c"));
        assert!(matches("a**c", "ac"));
        assert!(!matches("a*b*c", "acb"));
        assert!(!matches("POST *", "GET /"));
    }

    #[test]
    fn prefix_and_suffix_do_not_overlap() {
        assert!(!matches("ab*ba", "aba"));
        assert!(matches("ab*ba", "abba"));
        assert!(!matches("a*b*b", "ab"));
    }

    #[test]
    fn many_stars_take_linear_time() {
        let glob = "*a".repeat(1_000) + "b";
        assert!(!matches(&glob, &"a".repeat(10_000)));
    }

    #[test]
    fn an_empty_glob_is_refused() {
        assert_eq!(OperationGlob::new(""), Err(EmptyGlob));
        assert!(serde_json::from_str::<OperationGlob>("\"\"").is_err());
    }

    #[test]
    fn only_globs_without_star_are_literal() {
        assert!(OperationGlob::new("GET /").unwrap().is_literal());
        assert!(!OperationGlob::new("GET *").unwrap().is_literal());
    }

    /// The obvious definition, which takes exponential time.
    fn matches_slowly(glob: &[u8], name: &[u8]) -> bool {
        match (glob.split_first(), name.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), None) => matches_slowly(rest, name),
            (Some((b'*', rest)), Some((_, after))) => {
                matches_slowly(rest, name) || matches_slowly(glob, after)
            }
            (Some((want, rest)), Some((have, after))) => {
                want == have && matches_slowly(rest, after)
            }
            _ => false,
        }
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_the_obvious_definition(glob in "[ab*]{1,6}", name in "[ab]{0,8}") {
            proptest::prop_assert_eq!(
                matches(&glob, &name),
                matches_slowly(glob.as_bytes(), name.as_bytes())
            );
        }

        #[test]
        fn agrees_with_the_obvious_definition_regardless_of_case(glob in "[aB*]{1,6}", name in "[Ab]{0,8}") {
            let lower = (glob.to_lowercase(), name.to_lowercase());
            proptest::prop_assert_eq!(
                OperationGlob::new(&glob).unwrap().matches_ignoring_case(name.bytes()),
                matches_slowly(lower.0.as_bytes(), lower.1.as_bytes())
            );
        }
    }
}
