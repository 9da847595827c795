//! From experiments to a file.

use super::contents::Written;
use super::error::FileError;
use super::format::Format;
use super::refused::{self, Refused};
use crate::Experiment;

/// Writes `experiments`, if they could be read again.
pub(super) fn render(experiments: &[Experiment], format: Format) -> Result<String, FileError> {
    if let Some(Refused { key, problem }) = refused::first(experiments) {
        return Err(FileError::new(problem).at_key(&key));
    }
    let written = Written::new(experiments);
    match format {
        Format::Yaml => serde_saphyr::to_string(&written).map_err(|error| error.to_string()),
        Format::Toml => toml::to_string(&written).map_err(|error| error.to_string()),
        Format::Json => serde_json::to_string_pretty(&written).map_err(|error| error.to_string()),
    }
    .map_err(|problem| FileError::new(format!("can't be written as {format}: {problem}")))
}
