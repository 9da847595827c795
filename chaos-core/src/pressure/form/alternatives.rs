//! The form of amounts that are given in one of several ways.

use crate::human::{self, HumanDuration, HumanSize, TaggedEnum};
use crate::pressure::resource::{Amount, ClockSkew, Fill};

/// Keys about how a pressure is held; they belong next to the resource.
pub(super) const HOLDING_KEYS: [&str; 5] = ["ramp", "hold", "reserve", "directory", "consent"];

/// Explains where a key belongs if it is given among the details of a resource.
fn misplaced(word: &str, resource: &str) -> Option<String> {
    HOLDING_KEYS
        .contains(&word)
        .then(|| format!("unknown key `{word}` here: it belongs next to `{resource}`"))
}

impl TaggedEnum for Amount {
    const EXPECTED: &'static str = "how much, such as { bytes: 64MiB } or { share: 80% }";

    human::keys! {
        "bytes", "64MiB" => |HumanSize(bytes)| Self::Bytes(bytes);
        "share", "80%" => Self::Share;
    }

    fn hint(word: &str) -> Option<String> {
        misplaced(word, "memory")
    }
}

impl TaggedEnum for Fill {
    const EXPECTED: &'static str = "how much, such as { bytes: 64MiB } or { leave: 1GiB }";

    human::keys! {
        "bytes", "64MiB" => |HumanSize(bytes)| Self::Bytes(bytes);
        "leave", "1GiB" => |HumanSize(bytes)| Self::Leave(bytes);
    }

    fn hint(word: &str) -> Option<String> {
        misplaced(word, "disk_fill")
    }
}

impl TaggedEnum for ClockSkew {
    const EXPECTED: &'static str = "by how much, such as { ahead: 5m } or { behind: 5m }";

    human::keys! {
        "ahead", "5m" => |HumanDuration(by)| Self::Ahead(by);
        "behind", "5m" => |HumanDuration(by)| Self::Behind(by);
    }

    fn hint(word: &str) -> Option<String> {
        misplaced(word, "clock")
    }
}

human::deserialize_by!(human::tagged_enum: Amount, Fill, ClockSkew);

#[cfg(test)]
mod tests {
    use crate::Pressure;

    #[test]
    fn invalid_details_are_reported_with_the_expected_form() {
        for (text, expected) in [
            (
                r#"{"cpu":"80%"}"#,
                "expected details such as { workers: 2, duty: 50% }",
            ),
            (r#"{"memory":"64MiB"}"#, "{ bytes: 64MiB }"),
            (
                r#"{"memory":5}"#,
                "expected how much, such as { bytes: 64MiB }",
            ),
            (
                r#"{"memory":{"bytes":1,"ramp":"1s"}}"#,
                "`ramp` here: it belongs next to `memory`",
            ),
            (
                r#"{"disk_fill":{"consent":{"who":"x"},"bytes":1}}"#,
                "it belongs next to `disk_fill`",
            ),
            (
                r#"{"clock":{"ahead":"1s","hold":"1s"}}"#,
                "it belongs next to `clock`",
            ),
            (
                r#"{"memory":{"bytes":1,"share":"5%"}}"#,
                "found `bytes` and `share`",
            ),
            (
                r#"{"leak":5}"#,
                "{ bytes_per_second: 1MiB, at_most: 500MiB }",
            ),
            (r#"{"disk_io":5}"#, "{ workers: 2, bytes_per_second: 10MB }"),
            (
                r#"{"runtime_workers":5}"#,
                "{ workers: 2, blocked_for: 100ms }",
            ),
            (r#"{"mem":5}"#, "unknown key `mem`: did you mean `memory`?"),
        ] {
            let error = serde_json::from_str::<Pressure>(text)
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
