//! The names of the directories of runs: `<time>-<name>`.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The time in UTC, so that names are in the order of their times.
const TIME: &str = "%Y-%m-%dT%H-%M-%S%.3f";

/// The length of a time.
const LENGTH: usize = "2026-01-31T23-59-59.999".len();

/// The name of the directory of a suite that starts at a time.
pub(crate) fn directory_name(started: Timestamp, suite: &str) -> String {
    format!("{}-{}", started.strftime(TIME), file_name(suite))
}

/// The time and the suite in the name of a directory; nothing if the name is of another kind.
pub(crate) fn parse(directory: &str) -> Option<(Timestamp, &str)> {
    let (time, suite) = directory.split_at_checked(LENGTH)?;
    let time = DateTime::strptime(TIME, time).ok()?;
    let time = time.to_zoned(TimeZone::UTC).ok()?;
    Some((time.timestamp(), suite.strip_prefix('-')?))
}

/// The name without what a file system could take for something else.
pub(crate) fn file_name(name: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() { c } else { '-' };
    name.chars().take(60).map(safe).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_when_and_what() {
        let started: Timestamp = "2026-11-30T16:43:18.007Z".parse().unwrap();
        let name = directory_name(started, "my suite");
        assert_eq!(parse(&name), Some((started, "my-suite")), "{name}");
        let others = [
            "",
            "my-suite",
            "2026-11-30",
            "2026-11-30T16-43-18.007",
            "2026-11-31T16-43-18.007-a",
        ];
        for other in others {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
