//! Experiments that can be read, but make no sense.

use std::collections::HashMap;

use super::key::Key;
use crate::Experiment;

/// What is wrong, and at which key.
pub(super) struct Refused {
    pub(super) key: Key,
    pub(super) problem: String,
}

/// The first thing that makes no sense.
pub(super) fn first(experiments: &[Experiment]) -> Option<Refused> {
    let mut names = HashMap::new();
    experiments
        .iter()
        .enumerate()
        .find_map(|(index, experiment)| {
            let key = Key::experiment(index);
            if let Err(wrong) = experiment.check() {
                return Some(Refused {
                    key: key.then(wrong.key()),
                    problem: wrong.problem().to_string(),
                });
            }
            let name = experiment.name();
            names.insert(name, index).map(|earlier| Refused {
                key: key.then("name"),
                problem: format!(
                    "expected a name of its own, found {name:?}, the name of experiments[{earlier}]"
                ),
            })
        })
}
