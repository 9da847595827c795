//! Reads and parses documents.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::document::{self, Node};
use super::error::FileError;
use super::format::Format;
use super::version::FormatVersion;
use crate::human;

/// The contents of a file with the key [`version`](FormatVersion).
///
/// Its `Deserialize` should refuse unknown keys, with `#[serde(deny_unknown_fields)]` or by hand.
pub trait Document: DeserializeOwned {
    /// Checks what no single value shows, after the document is deserialized.
    ///
    /// # Errors
    ///
    /// The first problem, with its key: [`FileError::about`].
    fn check(&self) -> Result<(), FileError> {
        Ok(())
    }
}

/// The version alone, which is checked first: another version may have other keys.
#[derive(Deserialize)]
struct Head {
    #[serde(rename = "version")]
    _version: FormatVersion,
}

/// The largest size of a file: 1 MiB.
const MAX_BYTES: u64 = 1 << 20;

/// Reads and checks the document at `path`; its extension selects the format.
///
/// # Errors
///
/// When the file can't be read, is larger than 1 MiB, or is no valid document. The error has file, line, key and what
/// was expected.
pub fn read_document_file<T: Document>(path: &Path) -> Result<T, FileError> {
    let origin = path.display().to_string();
    let text = read_text(path).map_err(|error| error.in_file(&origin))?;
    let format = Format::of_path(path).ok_or_else(|| {
        FileError::new("expected a file whose name ends in .yaml, .yml, .toml or .json")
            .in_file(&origin)
    })?;
    read_document(&text, format, &origin)
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

pub(super) fn check_size(bytes: usize) -> Result<(), FileError> {
    if u64::try_from(bytes).is_ok_and(|bytes| bytes <= MAX_BYTES) {
        Ok(())
    } else {
        Err(FileError::new(format_args!(
            "expected at most {MAX_BYTES} bytes, found more"
        )))
    }
}

/// Parses and checks a document; `origin` is the file in errors.
///
/// ```
/// use chaos_core::Format;
/// use chaos_core::adapter::{Document, FormatVersion, read_document};
/// use serde::Deserialize;
///
/// #[derive(Debug, Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct Rota {
///     version: FormatVersion,
///     on_call: String,
/// }
///
/// impl Document for Rota {}
///
/// let rota: Rota = read_document("version: 1\non_call: anna", Format::Yaml, "rota.yaml")?;
/// assert_eq!(rota.on_call, "anna");
///
/// let refused = read_document::<Rota>("version: 1\non_cal: anna", Format::Yaml, "rota.yaml").unwrap_err();
/// assert_eq!(
///     refused.to_string(),
///     "rota.yaml:2:1: on_cal: unknown key `on_cal`: did you mean `on_call`? (expected one of `version`, `on_call`)"
/// );
/// # Ok::<(), chaos_core::error::FileError>(())
/// ```
///
/// # Errors
///
/// When `text` is larger than 1 MiB, or is no valid document. The error has line, key and what was expected.
pub fn read_document<T: Document>(
    text: &str,
    format: Format,
    origin: &str,
) -> Result<T, FileError> {
    check_size(text.len()).map_err(|error| error.in_file(origin))?;
    // Some editors mark UTF-8 with a byte order mark, which no parser needs.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    parse(text, format).map_err(|error| error.in_file(origin))
}

fn parse<T: Document>(text: &str, format: Format) -> Result<T, FileError> {
    let document = document::parse(text, format)?;
    deserialize::<Head>(&document)
        .and_then(|_| deserialize::<T>(&document))
        .and_then(|contents| contents.check().map(|()| contents))
        .map_err(|error| located(error, &document, text))
}

/// Adds the position of the key or value that an error is about.
pub(super) fn located(error: FileError, document: &Node, text: &str) -> FileError {
    let (key, value) = document.offsets_of(error.key().unwrap_or_default());
    let is_the_key = human::is_about_a_key(error.problem());
    error.at_offset(text, Some(if is_the_key { key } else { value }))
}

pub(super) fn deserialize<'de, T: Deserialize<'de>>(document: &'de Node) -> Result<T, FileError> {
    serde_path_to_error::deserialize(document)
        .map_err(|error| FileError::new(error.inner()).at_key(&error.path().to_string()))
}
