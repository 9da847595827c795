//! Finds and reads records, also those that were cut off.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use serde_json::Value;

use super::{Line, Opened, RECORD_VERSION, RecordEntry};
use crate::scenario::Stage;

/// The name that records have in the directories of their runs.
pub(crate) const RECORD: &str = "record.jsonl";

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
    let own = path.join(RECORD);
    if own.is_file() {
        return Ok(vec![own]);
    }
    let entries = fs::read_dir(path)?.map(|entry| Ok(entry?.path().join(RECORD)));
    let mut records = entries.collect::<io::Result<Vec<_>>>()?;
    // That of a scenario that was refused has nothing in it.
    records
        .retain(|record| fs::metadata(record).is_ok_and(|file| file.is_file() && file.len() > 0));
    records.sort();
    if records.is_empty() {
        let problem = format!("there is no `{RECORD}` in it, nor in a directory in it");
        return Err(io::Error::new(io::ErrorKind::NotFound, problem));
    }
    Ok(records)
}

/// No run takes longer.
const LONGEST: Duration = Duration::from_secs(31 * 86_400);

/// A text that is no record.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {problem}")]
#[non_exhaustive]
pub struct RecordError {
    /// The number of the line that makes no sense, from 1 on.
    pub line: usize,
    /// The problem.
    pub problem: String,
}

impl RecordError {
    fn at(line: usize, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Self { line, problem }
    }

    fn not_opened() -> Self {
        Self::at(1, "a record begins with what was asked, as `opened`")
    }
}

/// Reads the lines of a record; a last line that was cut off is left out.
///
/// # Errors
///
/// When the text is no record, or a line in its middle makes no sense.
pub fn read_record(text: &str) -> Result<(Opened, Vec<Line>), RecordError> {
    let mut numbered = text.split_inclusive('\n').zip(1..);
    let first = numbered.next().ok_or_else(RecordError::not_opened)?.0;
    check_version(first)?;
    let RecordEntry::Opened(opened) = parse(first, 1)?.entry else {
        return Err(RecordError::not_opened());
    };
    let mut lines: Vec<Line> = Vec::new();
    let mut stage = None;
    for (text, number) in numbered {
        let line = match parse(text, number) {
            Err(_) if !text.ends_with('\n') => break,
            parsed => parsed?,
        };
        let in_order = check_order(&line, &mut stage);
        in_order.map_err(|problem| RecordError::at(number, problem))?;
        lines.push(line);
    }
    Ok((*opened, lines))
}

/// Checks that a line can follow: records have one opening, and stages in their order.
fn check_order(line: &Line, last: &mut Option<(Stage, Duration)>) -> Result<(), String> {
    let at = line.at.0;
    if at > LONGEST {
        return Err(format!("{at:?} is longer than any run"));
    }
    let stage = match &line.entry {
        RecordEntry::Opened(_) => return Err("another record begins here".to_owned()),
        RecordEntry::Stage(stage) => *stage,
        _ => return Ok(()),
    };
    match last.replace((stage, at)) {
        Some((before, since)) if stage <= before || at < since => {
            Err(format!("the stage {stage} can't follow the stage {before}"))
        }
        _ => Ok(()),
    }
}

/// The version comes before anything that a later version may have changed.
fn check_version(first: &str) -> Result<(), RecordError> {
    let value: Value = serde_json::from_str(first).map_err(|_| RecordError::not_opened())?;
    match value["opened"]["version"].as_u64() {
        None => Err(RecordError::not_opened()),
        Some(found) if found > u64::from(RECORD_VERSION) => Err(RecordError::at(
            1,
            format!(
                "the version is {found}, but this program reads records up to version {RECORD_VERSION}"
            ),
        )),
        Some(_) => Ok(()),
    }
}

fn parse(text: &str, line: usize) -> Result<Line, RecordError> {
    serde_json::from_str(text).map_err(|error| RecordError::at(line, error.to_string()))
}

#[cfg(test)]
mod tests {
    use chaos_core::ChaosManager;
    use serde_json::json;

    use super::*;
    use crate::record::Opened;

    #[test]
    fn a_record_that_was_put_together_is_refused_with_its_line() {
        let opened = Opened {
            version: RECORD_VERSION,
            started: None,
            scenario: serde_json::from_value(json!({ "name": "a", "experiments": [] })).unwrap(),
            target: ChaosManager::new().overview(),
        };
        let opened = json!({ "at": "0s", "opened": opened }).to_string();
        let stage = |at: &str, stage: &str| json!({ "at": at, "stage": stage }).to_string();
        let expected = [
            (
                [stage("1s", "inject"), stage("2s", "baseline")],
                "line 3: the stage baseline can't follow the stage inject",
            ),
            (
                [stage("2s", "baseline"), stage("1s", "inject")],
                "line 3: the stage inject can't follow the stage baseline",
            ),
            (
                [stage("1s", "baseline"), opened.clone()],
                "line 3: another record begins here",
            ),
            (
                [stage("1s", "baseline"), stage("1000h", "inject")],
                "line 3: 3600000s is longer than any run",
            ),
        ];
        for (lines, problem) in expected {
            let text = format!("{opened}\n{}\n{}\n", lines[0], lines[1]);
            assert_eq!(read_record(&text).unwrap_err().to_string(), problem);
        }
    }

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
        let [b, a] = [&runs[0], &runs[1]].map(|run| run.join(RECORD));
        for record in [&a, &b] {
            fs::write(record, "{}").unwrap();
        }
        fs::write(runs[2].join(RECORD), "").unwrap();
        assert_eq!(find_records(suite).unwrap(), [a.clone(), b.clone()]);
        assert_eq!(find_records(&runs[0]).unwrap(), [b]);
        assert_eq!(find_records(&a).unwrap(), [a]);
    }
}
