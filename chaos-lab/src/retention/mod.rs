//! Removes what earlier runs left: directories of reports, and rotated journals.

mod journals;
mod run_directories;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fs, io};

use run_directories::is_older;

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retention {
    /// The number of latest runs of each suite that are kept whatever their age.
    pub keep: usize,
    /// The age up to which everything is kept.
    pub older_than: Duration,
}

/// Something that is kept no longer, and that nothing writes to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Removable {
    /// Its path.
    pub path: PathBuf,
    /// The room that it takes, in bytes.
    pub bytes: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            keep: 30,
            older_than: Duration::from_secs(30 * 86_400),
        }
    }
}

impl Retention {
    /// The directories of runs that are kept no longer, the latest first.
    ///
    /// Each was written by a [`SuiteRun`](crate::SuiteRun), as its name and its report or records say. A run that goes on is kept,
    /// and so is anything else. Symbolic links are not followed.
    ///
    /// # Errors
    ///
    /// When a directory can't be read.
    pub fn run_directories(&self, reports: &Path, now: SystemTime) -> io::Result<Vec<Removable>> {
        let runs = run_directories::removable(reports, self, now)?;
        runs.into_iter().map(Removable::at).collect()
    }

    /// The rotated files of a journal of [`JsonLines`](chaos_core::JsonLines) that were not changed for longer than is kept.
    ///
    /// They are those beside it whose names go on with a number or a date, such as `journal.jsonl.1` or
    /// `journal.jsonl-20261130.gz`. The journal itself is kept: a service that appends to it would go on in a file that has no name
    /// any more. For the same reason it is rotated by copying, as `copytruncate` of logrotate does.
    ///
    /// # Errors
    ///
    /// When a directory or a file can't be read.
    pub fn rotated_journals(&self, journal: &Path, now: SystemTime) -> io::Result<Vec<Removable>> {
        let rotated = journals::rotated(journal)?.into_iter();
        let all = rotated.map(|path| Ok((fs::symlink_metadata(&path)?.modified()?, path)));
        let mut all = all.collect::<io::Result<Vec<_>>>()?;
        all.retain(|(changed, _)| is_older(*changed, self.older_than, now));
        all.into_iter()
            .map(|(_, path)| Removable::at(path))
            .collect()
    }
}

impl Removable {
    fn at(path: PathBuf) -> io::Result<Self> {
        let bytes = size(&path)?;
        Ok(Self { path, bytes })
    }

    /// Removes it.
    ///
    /// # Errors
    ///
    /// When it, or something in it, can't be removed.
    pub fn remove(&self) -> io::Result<()> {
        // Neither follows a symbolic link.
        match fs::symlink_metadata(&self.path)?.is_dir() {
            true => fs::remove_dir_all(&self.path),
            false => fs::remove_file(&self.path),
        }
    }
}

fn size(path: &Path) -> io::Result<u64> {
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_dir() {
        return Ok(metadata.len());
    }
    fs::read_dir(path)?.map(|entry| size(&entry?.path())).sum()
}
