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

/// The entries of a file, or what the catalogue has under a name.
pub(crate) fn named(suite: &Path) -> Result<Vec<SuiteEntry>> {
    match is_file(suite) {
        true => Ok(Suite::read(suite)?.entries),
        false => Ok(vec![
            Suite::default().catalogue_entry(&suite.to_string_lossy()),
        ]),
    }
}

/// The suite of a run.
pub(crate) fn suite(run: &Run) -> Result<Suite> {
    let paths = &run.adjustments.path;
    match is_file(&run.file.suite) {
        true if paths.is_empty() => Ok(Suite::read(&run.file.suite)?),
        true => Err(Usage("a file says itself what `--path` would say".to_owned()).into()),
        false if paths.is_empty() => Ok(Suite::with_load_on(["/"])?),
        false => Ok(Suite::with_load_on(paths.iter().map(String::as_str))?),
    }
}

/// The entries of a suite that a run names, or all of them; names that a file lacks are those of the catalogue.
pub(crate) fn entries(run: &Run, suite: &Suite) -> Result<Vec<SuiteEntry>, Usage> {
    let is_file = is_file(&run.file.suite);
    if is_file && run.scenarios.is_empty() {
        return Ok(suite.entries.clone());
    }
    let entry = |name: &str| {
        if let Some(scenario) = suite.scenarios().find(|one| one.name == name) {
            return Ok(SuiteEntry::Scenario(Box::new(scenario.clone())));
        }
        let Err(unknown) = Catalogue::embedded().find(name) else {
            return Ok(suite.catalogue_entry(name));
        };
        let known: Vec<_> = suite.scenarios().map(|one| one.name.as_str()).collect();
        let known = known.join(", ");
        Err(Usage(match &*known {
            "" => format!("{unknown}; a file has an extension, or `./` before it"),
            known => format!("the suite has no scenario {name:?}, but {known}; {unknown}"),
        }))
    };
    let first = run.file.suite.to_string_lossy();
    let first = (!is_file).then_some(&*first).into_iter();
    let names = run.scenarios.iter().map(String::as_str);
    first.chain(names).map(entry).collect()
}
