//! Finds the records of runs on the disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The name that records have in the directories of their runs.
const NAME: &str = "record.jsonl";

/// The records at a path: that of a file, of the directory of a run, or of each run in the directory of a suite.
///
/// # Errors
///
/// When there is none, or the path can't be read.
pub fn find_records(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        // Whether it can be read is for its reader to say.
        return Ok(vec![path.to_owned()]);
    }
    let own = path.join(NAME);
    if own.is_file() {
        return Ok(vec![own]);
    }
    let entries = fs::read_dir(path)?.map(|entry| Ok(entry?.path().join(NAME)));
    let mut records = entries.collect::<io::Result<Vec<_>>>()?;
    // That of a scenario that was refused has nothing in it.
    records
        .retain(|record| fs::metadata(record).is_ok_and(|file| file.is_file() && file.len() > 0));
    records.sort();
    if records.is_empty() {
        let problem = format!("there is no `{NAME}` in it, nor in a directory in it");
        return Err(io::Error::new(io::ErrorKind::NotFound, problem));
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_found_in_files_runs_and_suites() {
        let suite = tempfile::tempdir().unwrap();
        let suite = suite.path();
        assert_eq!(
            find_records(suite).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
        let runs = ["b", "a", "without"].map(|name| suite.join(name));
        for run in &runs {
            fs::create_dir(run).unwrap();
        }
        let [b, a] = [&runs[0], &runs[1]].map(|run| run.join(NAME));
        for record in [&a, &b] {
            fs::write(record, "{}").unwrap();
        }
        fs::write(runs[2].join(NAME), "").unwrap();
        assert_eq!(find_records(suite).unwrap(), [a.clone(), b.clone()]);
        assert_eq!(find_records(&runs[0]).unwrap(), [b]);
        assert_eq!(find_records(&a).unwrap(), [a]);
    }
}
