//! Reads a record, also one that was cut off.

use super::{Line, Opened, RECORD_VERSION, RecordEntry};

/// A text that is no record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// A line makes no sense.
    #[error("line {line}: {problem}")]
    Line {
        /// The number of the line, from 1 on.
        line: usize,
        /// The problem.
        problem: String,
    },
    /// The first line does not open a record.
    #[error("line 1: a record begins with what was asked, as `opened`")]
    NotOpened,
    /// A later version of the format.
    #[error(
        "line 1: the version is {found}, but this program reads records up to version {RECORD_VERSION}"
    )]
    Version {
        /// The version of the record.
        found: u32,
    },
}

/// Reads the lines of a record; a last line that was cut off is left out.
///
/// # Errors
///
/// When the text is no record, or a line in its middle makes no sense.
pub fn read_record(text: &str) -> Result<(Opened, Vec<Line>), RecordError> {
    let mut numbered = text.split_inclusive('\n').zip(1..);
    let first = numbered.next().ok_or(RecordError::NotOpened)?.0;
    check_version(first)?;
    let RecordEntry::Opened(opened) = parse(first, 1)?.entry else {
        return Err(RecordError::NotOpened);
    };
    let mut lines = Vec::new();
    for (text, number) in numbered {
        match parse(text, number) {
            Ok(line) => lines.push(line),
            Err(_) if !text.ends_with('\n') => break,
            Err(error) => return Err(error),
        }
    }
    Ok((*opened, lines))
}

/// The version comes before anything that a later version may have changed.
fn check_version(first: &str) -> Result<(), RecordError> {
    let value: serde_json::Value =
        serde_json::from_str(first).map_err(|_| RecordError::NotOpened)?;
    let version = value["opened"]["version"].as_u64();
    match version.and_then(|version| u32::try_from(version).ok()) {
        None => Err(RecordError::NotOpened),
        Some(found) if found > RECORD_VERSION => Err(RecordError::Version { found }),
        Some(_) => Ok(()),
    }
}

fn parse(text: &str, line: usize) -> Result<Line, RecordError> {
    serde_json::from_str(text).map_err(|error| RecordError::Line {
        line,
        problem: error.to_string(),
    })
}
