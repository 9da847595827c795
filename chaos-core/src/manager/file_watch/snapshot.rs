//! What a watched path looked like at one time.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::FileError;
use crate::{Error, Experiment, ExperimentFile, Format};

/// The files at a path, each with what changes when the file does.
///
/// Links are followed, so a directory whose link is exchanged, as Kubernetes does with a `ConfigMap`, is another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Snapshot(Vec<(PathBuf, Version)>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Version {
    /// The file behind all links.
    real: PathBuf,
    modified: Option<SystemTime>,
    length: u64,
}

impl Snapshot {
    /// Looks at a file, or at the files of a directory; what can't be looked at is not there.
    pub(super) fn take(path: &Path) -> Self {
        let mut files = if path.is_dir() {
            files_in(path)
        } else {
            vec![path.to_owned()]
        };
        files.sort();
        let versions = files.into_iter().filter_map(|file| {
            let version = version(&file)?;
            Some((file, version))
        });
        Self(versions.collect())
    }
}

/// The files of a directory that may hold experiments; hidden ones are of the system.
fn files_in(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths
        .filter(|path| {
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            let is_hidden = name.is_none_or(|name| name.starts_with('.'));
            !is_hidden && path.is_file() && Format::of_path(path).is_some()
        })
        .collect()
}

fn version(file: &Path) -> Option<Version> {
    let real = fs::canonicalize(file).ok()?;
    let metadata = fs::metadata(&real).ok()?;
    Some(Version {
        real,
        modified: metadata.modified().ok(),
        length: metadata.len(),
    })
}

/// Reads all files as one, whose origin is the path; a path without a file has no experiments.
pub(super) fn read(path: &Path, Snapshot(files): &Snapshot) -> Result<ExperimentFile, Error> {
    let mut experiments: Vec<Experiment> = Vec::new();
    let mut approvals = Vec::new();
    for (file, _) in files {
        let contents = ExperimentFile::read(file)?;
        approvals.extend_from_slice(contents.approvals());
        for experiment in contents.into_experiments() {
            let named_alike = experiments
                .iter()
                .any(|known| known.name() == experiment.name());
            if named_alike {
                let problem = format!(
                    "expected a unique name in {}, found {:?} in two files",
                    path.display(),
                    experiment.name()
                );
                return Err(FileError::about("name", problem)
                    .in_file(file.display().to_string())
                    .into());
            }
            experiments.push(experiment);
        }
    }
    Ok(ExperimentFile::new(experiments)
        .approved_by(approvals)
        .from(path.display().to_string()))
}
