//! Checks experiments after they are deserialized.

use std::collections::HashMap;

use super::error::FileError;
use crate::Experiment;

/// Checks every experiment of a list in a document, and that no two have the same name; `key` is that of the list.
///
/// # Errors
///
/// The first problem, with its key.
pub fn check_experiments(key: &str, experiments: &[Experiment]) -> Result<(), FileError> {
    let mut names = HashMap::new();
    for (index, experiment) in experiments.iter().enumerate() {
        experiment.check().map_err(|invalid| {
            let key = format!("{key}[{index}].{}", invalid.key());
            FileError::about(&key, invalid.problem())
        })?;
        let name = experiment.name();
        if let Some(earlier) = names.insert(name, index) {
            let problem =
                format!("expected a unique name, found {name:?}, the name of {key}[{earlier}]");
            return Err(FileError::about(&format!("{key}[{index}].name"), problem));
        }
    }
    Ok(())
}
