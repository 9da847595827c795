//! Writes experiments as text.

use super::check::check_experiments;
use super::contents::Contents;
use super::error::FileError;
use super::format::Format;
use crate::Experiment;

/// Writes `experiments` if they can be read again.
pub(super) fn render(
    experiments: &[Experiment],
    approvals: &[String],
    format: Format,
) -> Result<String, FileError> {
    check_experiments("experiments", experiments)?;
    let contents = Contents::new(experiments, approvals);
    match format {
        Format::Yaml => serde_saphyr::to_string(&contents).map_err(|error| error.to_string()),
        Format::Toml => toml::to_string(&contents).map_err(|error| error.to_string()),
        Format::Json => serde_json::to_string_pretty(&contents).map_err(|error| error.to_string()),
    }
    .map_err(|problem| FileError::new(format_args!("can't be written as {format}: {problem}")))
}
