//! The directories of runs.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::Retention;
use crate::record::find_records;
use crate::report::WrittenReport;
use crate::run_directory::parse;

/// A run writes to its record at least that often.
const SILENCE: Duration = Duration::from_secs(86_400);

/// A directory that a run of a suite has written.
struct RunDirectory {
    path: PathBuf,
    started: SystemTime,
    suite: String,
    /// The latest change of a record, if the report of the suite is not written yet.
    unfinished: Option<SystemTime>,
}

/// Those that are kept no longer, the latest first.
pub(super) fn removable(
    reports: &Path,
    retention: &Retention,
    now: SystemTime,
) -> io::Result<Vec<PathBuf>> {
    let mut runs = Vec::new();
    for entry in fs::read_dir(reports)? {
        runs.extend(run_directory(&entry?)?);
    }
    runs.sort_by_key(|run| Reverse(run.started));
    let mut counts: HashMap<String, usize> = HashMap::new();
    runs.retain(|run| {
        let count = counts.entry(run.suite.clone()).or_default();
        *count += 1;
        let is_silent = |changed| is_older(changed, SILENCE, now);
        *count > retention.keep
            && is_older(run.started, retention.older_than, now)
            && run.unfinished.is_none_or(is_silent)
    });
    Ok(runs.into_iter().map(|run| run.path).collect())
}

/// The directory of a run, if the entry is one: by its name, and by its report or a record.
fn run_directory(entry: &DirEntry) -> io::Result<Option<RunDirectory>> {
    let (name, path) = (entry.file_name(), entry.path());
    let named = name.to_str().and_then(parse);
    let Some((started, suite)) = named.filter(|_| !path.is_symlink() && path.is_dir()) else {
        return Ok(None);
    };
    let (suite, unfinished) = match WrittenReport::read(&path) {
        Ok(WrittenReport::Suite(report)) => (report.suite, None),
        _ => {
            let records = find_records(&path).unwrap_or_default();
            let changed = records
                .iter()
                .map(|record| fs::metadata(record)?.modified());
            let Some(changed) = changed.collect::<io::Result<Vec<_>>>()?.into_iter().max() else {
                return Ok(None);
            };
            (suite.to_owned(), Some(changed))
        }
    };
    Ok(Some(RunDirectory {
        path,
        started: started.into(),
        suite,
        unfinished,
    }))
}

pub(super) fn is_older(than: SystemTime, age: Duration, now: SystemTime) -> bool {
    now.duration_since(than).is_ok_and(|since| since > age)
}
