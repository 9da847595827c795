//! Checks experiments after they are deserialized.

use std::collections::HashMap;

use super::error::FileError;
use crate::Experiment;

/// Checks every experiment, and that no two have the same name.
pub(super) fn check(experiments: &[Experiment]) -> Result<(), FileError> {
    let mut names = HashMap::new();
    for (index, experiment) in experiments.iter().enumerate() {
        experiment.check().map_err(|invalid| {
            FileError::new(invalid.problem())
                .at_key(&format!("experiments[{index}].{}", invalid.key()))
        })?;
        let name = experiment.name();
        if let Some(earlier) = names.insert(name, index) {
            return Err(FileError::new(format_args!(
                "expected a unique name, found {name:?}, the name of experiments[{earlier}]"
            ))
            .at_key(&format!("experiments[{index}].name")));
        }
    }
    Ok(())
}
