//! Asks for an approval.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use chaos_approval::{ApprovalRequest, ExperimentHash};
use chaos_core::{Experiment, ExperimentFile};
use chaos_lab::scenario::Suite;

use crate::arguments::Request;
use crate::exit::{Exit, Usage};
use crate::output::print;

pub(crate) fn request(arguments: &Request) -> Result<Exit> {
    let (file, name) = (arguments.file.display(), &arguments.experiment);
    let experiments = experiments(&arguments.file)?;
    let mut named = experiments.iter().filter(|one| one.name() == name);
    let Some(experiment) = named.next() else {
        return Err(Usage(format!("{file} has no experiment named {name:?}")).into());
    };
    let hash = ExperimentHash::of(experiment);
    if named.any(|other| ExperimentHash::of(other) != hash) {
        let problem =
            format!("{file} has different experiments named {name:?}: rename all but one");
        return Err(Usage(problem).into());
    }
    let now = SystemTime::now();
    let from = arguments.from.map_or(now, SystemTime::from);
    let a_week_later = from.checked_add(ApprovalRequest::VALID).unwrap_or(from);
    let until = arguments.until.map_or(a_week_later, SystemTime::from);
    let request = ApprovalRequest::new(experiment, &arguments.by, now)?.valid(from, until)?;
    let request = request.consent(&arguments.consent);
    let path = beside(&arguments.file, name, "request");
    create(&path, &request.to_string())?;
    print(&request.to_string())?;
    print(&format!(
        "\nIt is in {path}. To approve it: chaos-lab approve {file} {path} --key ~/.ssh/id_ed25519",
        path = path.display()
    ))?;
    Ok(Exit::Passed)
}

/// The experiments of a file, or of all scenarios of a suite.
pub(super) fn experiments(file: &Path) -> Result<Vec<Experiment>> {
    match Suite::read(file) {
        Ok(suite) => {
            let experiments = suite.scenarios().flat_map(|one| &one.experiments);
            Ok(experiments.cloned().collect())
        }
        // A suite has no such key outside its scenarios.
        Err(error) if error.key() == Some("experiments") => {
            Ok(ExperimentFile::read(file)?.into_experiments())
        }
        Err(error) => Err(error.into()),
    }
}

/// The path of a file for an experiment, in the directory of another file.
pub(super) fn beside(file: &Path, experiment: &str, extension: &str) -> PathBuf {
    let name = experiment.replace(|char: char| !char.is_alphanumeric(), "-");
    file.with_file_name(format!("{name}.{extension}"))
}

/// Writes a new file; one that exists may be of worth.
pub(super) fn create(path: &Path, text: &str) -> Result<()> {
    let mut file = File::create_new(path).with_context(|| path.display().to_string())?;
    Ok(file.write_all(text.as_bytes())?)
}
