//! Reads and parses experiments.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::Deserialize;

use super::check::check;
use super::contents::{Contents, Head};
use super::document::{self, Node};
use super::error::FileError;
use super::format::Format;
use crate::{Experiment, human};

/// The largest size of a file: 1 MiB.
const MAX_BYTES: u64 = 1 << 20;

/// Reads and checks the file at `path`.
pub(super) fn read(path: &Path) -> Result<Vec<Experiment>, FileError> {
    let origin = path.display().to_string();
    let text = read_text(path).map_err(|error| error.in_file(&origin))?;
    let format = Format::of_path(path).ok_or_else(|| {
        FileError::new("expected a file whose name ends in .yaml, .yml, .toml or .json")
            .in_file(&origin)
    })?;
    parse(&text, format, &origin)
}

fn read_text(path: &Path) -> Result<String, FileError> {
    let unreadable =
        |error: io::Error| FileError::new(format_args!("can't be read: {error}")).caused_by(error);
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    check_size(bytes.len())?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(&error.as_bytes()[..valid]);
        FileError::new("expected UTF-8, found other bytes").at_offset(&text, Some(valid))
    })
}

fn check_size(bytes: usize) -> Result<(), FileError> {
    if u64::try_from(bytes).is_ok_and(|bytes| bytes <= MAX_BYTES) {
        Ok(())
    } else {
        Err(FileError::new(format_args!(
            "expected at most {MAX_BYTES} bytes, found more"
        )))
    }
}

/// Parses and checks `text`.
pub(super) fn parse(
    text: &str,
    format: Format,
    origin: &str,
) -> Result<Vec<Experiment>, FileError> {
    check_size(text.len()).map_err(|error| error.in_file(origin))?;
    // Some editors mark UTF-8 with a byte order mark, which no parser needs.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    experiments(text, format).map_err(|error| error.in_file(origin))
}

fn experiments(text: &str, format: Format) -> Result<Vec<Experiment>, FileError> {
    let document = document::parse(text, format)?;
    deserialize::<Head>(&document)
        .and_then(|_| deserialize::<Contents<'_>>(&document))
        .and_then(|Contents { experiments, .. }| {
            check(&experiments).map(|()| experiments.into_owned())
        })
        .map_err(|error| {
            let (key, value) = document.offsets_of(error.key().unwrap_or_default());
            let is_the_key = human::is_about_a_key(error.problem());
            error.at_offset(text, Some(if is_the_key { key } else { value }))
        })
}

fn deserialize<'de, T: Deserialize<'de>>(document: &'de Node) -> Result<T, FileError> {
    serde_path_to_error::deserialize(document)
        .map_err(|error| FileError::new(error.inner()).at_key(&error.path().to_string()))
}
