//! Why a file is refused.

use std::fmt;
use std::io;

/// Why a file of experiments is refused: where, at which key, and what was expected.
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
// Boxed, so that results stay small where nothing goes wrong.
pub struct FileError(Box<Parts>);

struct Parts {
    file: Option<String>,
    place: Option<(usize, usize)>,
    key: Option<String>,
    problem: String,
    source: Option<io::Error>,
}

impl FileError {
    /// A problem that is not yet placed anywhere.
    pub(super) fn new(problem: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            file: None,
            place: None,
            key: None,
            problem: problem.into(),
            source: None,
        }))
    }

    /// Files are compiled out of this build.
    #[cfg(not(feature = "files"))]
    pub(super) fn compiled_out() -> Self {
        Self::new(
            "files of experiments are compiled out of this build (the feature `files` is off)",
        )
    }

    pub(super) fn in_file(mut self, file: impl Into<String>) -> Self {
        self.0.file = Some(file.into());
        self
    }

    /// The file, or what stands in for it; none when experiments could not be written.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.0.file.as_deref()
    }

    /// The line, counted from 1, when the problem has a place.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.0.place.map(|(line, _)| line)
    }

    /// The column in characters, counted from 1, when the problem has a place.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        self.0.place.map(|(_, column)| column)
    }

    /// The key, such as `experiments[0].blast_radius.rate`, when one is known.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.0.key.as_deref()
    }
}

#[cfg(feature = "files")]
impl FileError {
    pub(super) fn at_place(mut self, place: Option<super::position::Position>) -> Self {
        self.0.place = place.map(|place| (place.line, place.column));
        self
    }

    pub(super) fn at_key(mut self, key: &super::key::Key) -> Self {
        self.0.key = (!key.is_root()).then(|| key.to_string());
        self
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
            place,
            key,
            problem,
            ..
        } = &*self.0;
        match (file, place) {
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

// `main` and `unwrap` print this: the sentence, not the variant it stands in.
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
