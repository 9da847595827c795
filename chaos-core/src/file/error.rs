//! Errors of files.

use std::fmt;
use std::io;

/// The error of a file: the position, the key, and what was expected.
///
/// ```
/// # #[cfg(feature = "files")] {
/// use chaos_core::{ExperimentFile, Format};
///
/// let text = r#"{"version": 1, "experiments": [{"name": 5}]}"#;
/// let error = ExperimentFile::parse(text, Format::Json, "chaos.json").unwrap_err();
/// assert_eq!(error.key(), Some("experiments[0].name"));
/// assert_eq!(error.to_string(), "chaos.json:1:41: experiments[0].name: expected a string, found integer `5`");
/// # }
/// ```
// Boxed to keep results small.
pub struct FileError(Box<Parts>);

struct Parts {
    file: Option<String>,
    /// Line and column.
    position: Option<(usize, usize)>,
    key: Option<String>,
    problem: String,
    source: Option<io::Error>,
}

impl FileError {
    pub(super) fn new(problem: impl fmt::Display) -> Self {
        Self(Box::new(Parts {
            file: None,
            position: None,
            key: None,
            problem: problem.to_string(),
            source: None,
        }))
    }

    /// The error of every operation of a build without the feature `files`.
    #[cfg(not(feature = "files"))]
    pub(super) fn compiled_out() -> Self {
        Self::new("experiment files are compiled out of this build (the feature `files` is off)")
    }

    pub(crate) fn in_file(mut self, file: impl Into<String>) -> Self {
        self.0.file = Some(file.into());
        self
    }

    /// Creates the error of the value at a key, such as `holidays[0]`; the reader adds file and position.
    #[must_use]
    pub fn about(key: &str, problem: impl fmt::Display) -> Self {
        let mut error = Self::new(problem);
        error.0.key = Some(key.to_owned());
        error
    }

    /// Returns the file, or the origin of a text; none if experiments could not be written.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.0.file.as_deref()
    }

    /// Returns the line, counted from 1, if the problem has a position.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.0.position.map(|(line, _)| line)
    }

    /// Returns the column in characters, counted from 1, if the problem has a position.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        self.0.position.map(|(_, column)| column)
    }

    /// Returns the key, such as `experiments[0].blast_radius.rate`, if one is known.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.0.key.as_deref()
    }
}

#[cfg(feature = "files")]
impl FileError {
    /// Adds the path to the value; that of the document is a dot, and that of a key without text ends in `?`.
    pub(super) fn at_key(mut self, path: &str) -> Self {
        let key = path.trim_end_matches(['.', '?']);
        self.0.key = (!key.is_empty()).then(|| key.to_owned());
        self
    }

    /// Adds the position of the byte at `offset`, if there is one.
    pub(super) fn at_offset(mut self, text: &str, offset: Option<usize>) -> Self {
        self.0.position = offset.map(|offset| {
            let before = text.char_indices().take_while(|(at, _)| *at < offset);
            before.fold((1, 1), |(line, column), (_, char)| match char {
                '\n' => (line + 1, 1),
                _ => (line, column + 1),
            })
        });
        self
    }

    pub(super) fn problem(&self) -> &str {
        &self.0.problem
    }

    pub(super) fn caused_by(mut self, source: io::Error) -> Self {
        self.0.source = Some(source);
        self
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts {
            file,
            position,
            key,
            problem,
            ..
        } = &*self.0;
        match (file, position) {
            (Some(file), Some((line, column))) => write!(f, "{file}:{line}:{column}: ")?,
            (Some(file), None) => write!(f, "{file}: ")?,
            (None, _) => {}
        }
        if let Some(key) = key {
            write!(f, "{key}: ")?;
        }
        f.write_str(problem)
    }
}

// `main` and `unwrap` print this: the message, not the struct.
impl fmt::Debug for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0
            .source
            .as_ref()
            .map(|source| source as &(dyn std::error::Error + 'static))
    }
}

#[cfg(all(test, feature = "files"))]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_restart_in_each_line() {
        let text = "a\nä=1\n";
        for (offset, line, column) in [(0, 1, 1), (2, 2, 1), (4, 2, 2), (7, 3, 1), (99, 3, 1)] {
            let error = FileError::new("").at_offset(text, Some(offset));
            assert_eq!(
                (error.line(), error.column()),
                (Some(line), Some(column)),
                "{offset}"
            );
        }
    }
}
