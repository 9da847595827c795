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
    let paths = &run.adjustments.path;
    if is_file(&run.file.suite) {
        if !paths.is_empty() {
            let problem =
                "`--path` is for runs without a file; the load of a file has paths of its own";
            return Err(Usage(problem.to_owned()).into());
        }
        return Ok(Suite::read(&run.file.suite)?);
    }
    if let Some(path) = paths.iter().find(|path| !path.starts_with('/')) {
        return Err(Usage(format!("the path `{path}` does not start with `/`")).into());
    }
    let paths: Vec<_> = paths.iter().map(String::as_str).collect();
    Ok(Suite::with_load_on(if paths.is_empty() {
        vec!["/"]
    } else {
        paths
    }))
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
        let mut written = suite.scenarios();
        if let Some(scenario) = written.find(|scenario| scenario.name == name) {
            return Ok(SuiteEntry::Scenario(Box::new(scenario.clone())));
        }
        Catalogue::embedded().find(name).map_err(|unknown| {
            if is_file {
                let known = suite.scenarios().map(|one| one.name.as_str());
                let Usage(problem) = Usage::unknown("scenario", name, known);
                Usage(format!("{problem}; {unknown}"))
            } else {
                Usage(format!(
                    "{unknown}; a file has an extension, or `./` before it"
                ))
            }
        })?;
        Ok(suite.catalogue_entry(name))
    };
    first.into_iter().chain(names).map(entry).collect()
}
