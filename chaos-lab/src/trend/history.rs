//! The reports of a suite that earlier runs wrote.

use std::path::Path;
use std::{fs, io};

use super::sweep::RUNS;
use super::{over_runs, since_last};
use crate::report::{SuiteReport, WrittenReport};
use crate::run_directory::{file_name, parse};

/// The latest reports of a suite, in the order of their runs.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct History {
    /// The reports.
    pub reports: Vec<SuiteReport>,
    /// The problems of reports that can't be read, which are left out.
    pub unread: Vec<String>,
}

impl History {
    /// Reads the latest 30 reports of a suite in a directory of reports; those of the suite that ran last, if none is named.
    ///
    /// # Errors
    ///
    /// When the directory can't be read.
    pub fn read(directory: &Path, suite: Option<&str>) -> io::Result<Self> {
        let names = fs::read_dir(directory)?.map(|entry| Ok(entry?.file_name()));
        let mut names = names.collect::<io::Result<Vec<_>>>()?;
        names.sort();
        let (mut history, mut suite) = (Self::default(), suite.map(str::to_owned));
        for name in names.iter().rev() {
            let path = directory.join(name).join("report.json");
            // A run that goes on has no report yet.
            let named = name.to_str().and_then(parse).filter(|_| path.is_file());
            let is_meant = |named: &str| {
                let mut suite = suite.iter();
                suite.all(|suite| named.starts_with(&file_name(suite)))
            };
            let Some((time, _)) = named.filter(|(_, named)| is_meant(named)) else {
                continue;
            };
            match WrittenReport::read(&path) {
                Ok(WrittenReport::Suite(mut report)) => {
                    if *suite.get_or_insert_with(|| report.suite.clone()) == report.suite {
                        report.started.get_or_insert(time);
                        history.reports.push(*report);
                    }
                }
                Ok(WrittenReport::Run(_)) => {}
                Err(problem) => history.unread.push(problem.to_string()),
            }
            if history.reports.len() == RUNS {
                break;
            }
        }
        history.reports.sort_by_key(|report| report.started);
        Ok(history)
    }

    /// Adds to a report what changed since the last one, and the trend.
    pub fn compare(&self, report: &mut SuiteReport) {
        let latest = self.reports.len().saturating_sub(RUNS - 1);
        let earlier = &self.reports[latest..];
        report.since_last = since_last::changes(earlier, report);
        report.trend = over_runs::trends(earlier, report);
        report.unread.clone_from(&self.unread);
    }

    /// Returns the latest report, compared with the others; nothing without any.
    #[must_use]
    pub fn into_latest(mut self) -> Option<SuiteReport> {
        let mut latest = self.reports.pop()?;
        self.compare(&mut latest);
        Some(latest)
    }
}
