//! The scenarios that a command names: those of a file, and those of the catalogue.

use std::path::Path;

use anyhow::Result;
use chaos_lab::catalogue::Catalogue;
use chaos_lab::scenario::{Suite, SuiteEntry};

use crate::arguments::Run;
use crate::exit::Usage;

/// Whether a text names a file: it has an extension or a directory. Otherwise it is a name of the catalogue.
pub(crate) fn is_file(suite: &Path) -> bool {
    suite.extension().is_some() || suite.components().count() > 1 || suite.has_root()
}

/// The suite of a run.
pub(crate) fn suite(run: &Run) -> Result<Suite> {
    let paths = run.adjustments.path.iter().map(String::as_str);
    match (is_file(&run.file.suite), run.adjustments.path.is_empty()) {
        (true, true) => Ok(Suite::read(&run.file.suite)?),
        (true, false) => Err(Usage("a file says itself what `--path` would say".to_owned()).into()),
        (false, true) => Ok(Suite::with_load_on(["/"])?),
        (false, false) => Ok(Suite::with_load_on(paths)?),
    }
}

/// The entries of a suite that a run names, or all of them; names that a file lacks are those of the catalogue.
pub(crate) fn entries(run: &Run, suite: &Suite) -> Result<Vec<SuiteEntry>, Usage> {
    let is_file = is_file(&run.file.suite);
    if is_file && run.scenarios.is_empty() {
        return Ok(suite.entries.clone());
    }
    let first = run.file.suite.to_string_lossy();
    let first = (!is_file).then_some(&*first);
    let names = run.scenarios.iter().map(String::as_str);
    let entry = |name: &str| {
        if let Some(scenario) = suite.scenarios().find(|one| one.name == name) {
            return Ok(SuiteEntry::Scenario(Box::new(scenario.clone())));
        }
        let found = Catalogue::embedded().find(name);
        found
            .map(|_| suite.catalogue_entry(name))
            .map_err(|unknown| {
                let known: Vec<_> = suite.scenarios().map(|one| one.name.as_str()).collect();
                Usage(match known[..] {
                    [] => format!("{unknown}; a file has an extension, or `./` before it"),
                    _ => format!(
                        "the suite has no scenario {name:?}, but {}; {unknown}",
                        known.join(", ")
                    ),
                })
            })
    };
    first.into_iter().chain(names).map(entry).collect()
}
