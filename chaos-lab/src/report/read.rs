//! Reads reports that were written.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use super::{Format, REPORT_VERSION, Report, SuiteReport};

/// A report that was written by a run or by a suite.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum WrittenReport {
    /// The report of one run.
    Run(Box<Report>),
    /// The report of a suite.
    Suite(Box<SuiteReport>),
}

/// A report can't be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct ReadReportError {
    path: PathBuf,
    problem: String,
}

impl WrittenReport {
    /// Reads the `report.json` of a directory, or a report in a file of another name.
    ///
    /// # Errors
    ///
    /// When there is no report, or this version can't read it.
    pub fn read(path: &Path) -> Result<Self, ReadReportError> {
        let path = if path.is_dir() {
            path.join("report.json")
        } else {
            path.to_owned()
        };
        let read = || {
            let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
            Self::parse(&text)
        };
        read().map_err(|problem| ReadReportError { path, problem })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let report: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        // The version comes before anything that a later version may have changed.
        match report["version"].as_u64() {
            None => return Err("it is no report, as it has no `version`".to_owned()),
            Some(version) if version > u64::from(REPORT_VERSION) => {
                return Err(format!(
                    "the version is {version}, but this program reads reports up to version {REPORT_VERSION}"
                ));
            }
            Some(_) => {}
        }
        // From the text again, as errors then name the line.
        let parsed = if report.get("suite").is_some() {
            serde_json::from_str(text).map(|report| Self::Suite(Box::new(report)))
        } else {
            serde_json::from_str(text).map(|report| Self::Run(Box::new(report)))
        };
        parsed.map_err(|error| error.to_string())
    }

    /// The report in a format.
    #[must_use]
    pub fn written_in(&self, format: Format) -> String {
        match self {
            Self::Run(report) => report.written_in(format),
            Self::Suite(report) => report.written_in(format),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_report_is_refused() {
        let expected = [
            ("", "EOF while parsing"),
            ("{}", "it is no report, as it has no `version`"),
            (
                r#"{ "version": 2, "scenarios": 7 }"#,
                "the version is 2, but this program reads reports up to version 1",
            ),
            (
                "{ \"version\": 1,\n\"scenario\": 7 }",
                "invalid type: integer `7`, expected a string at line 2",
            ),
            (r#"{ "version": 1, "suite": "s" }"#, "missing field"),
        ];
        for (text, problem) in expected {
            let error = WrittenReport::parse(text).unwrap_err();
            assert!(error.starts_with(problem), "{error}");
        }
    }
}
