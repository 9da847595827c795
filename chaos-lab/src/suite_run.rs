//! Runs scenarios one after another, and writes what is known of each.

use std::fmt::{self, Display};
use std::fs;
use std::future::{Future, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::{io, mem};

use chaos_core::Recoveries;
use jiff::Timestamp;

use crate::control::{Control, ControlError};
use crate::record::{Line, RECORD, RecordWriter, read_record};
use crate::report::{Format, Report, ScenarioResult, SuiteReport};
use crate::run_directory::{directory_name, file_name};
use crate::scenario::{Planned, Scenario, Target};
use crate::trend::History;
use crate::{Run, RunError, Verdict, judge};

/// The formats that the report of each scenario is written in, too.
const FORMATS: [Format; 3] = [Format::Markdown, Format::Html, Format::Json];

/// Scenarios that are about to be run one after another.
#[must_use = "nothing happens until it is run"]
pub struct SuiteRun<'a, C> {
    name: String,
    scenarios: Vec<Planned>,
    control: &'a C,
    target: &'a Target,
    reports: PathBuf,
    directory: PathBuf,
    started: Timestamp,
    recoveries: Recoveries,
    watch: Box<dyn FnMut(SuiteStep<'_>) + Send + 'a>,
}

/// A step of a suite.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum SuiteStep<'a> {
    /// A line was added to the record of a scenario.
    Recorded {
        /// The scenario.
        scenario: &'a Scenario,
        /// The line.
        line: &'a Line,
    },
    /// A scenario was run and judged.
    Judged {
        /// Its report.
        report: &'a Report,
    },
}

/// A suite could not be run or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SuiteRunError {
    /// A scenario could not begin, or could not be recorded.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A file can't be written or read.
    #[error("{}: {problem}", path.display())]
    File {
        /// Its path.
        path: PathBuf,
        /// The problem.
        problem: String,
    },
}

impl<'a, C: Control> SuiteRun<'a, C> {
    /// A run of scenarios on the target that `control` drives, in a new directory `<reports>/<time>-<name>`.
    ///
    /// # Errors
    ///
    /// When the directory can't be created.
    pub fn create(
        reports: &Path,
        name: &str,
        scenarios: impl IntoIterator<Item = impl Into<Planned>>,
        control: &'a C,
        target: &'a Target,
    ) -> Result<Self, SuiteRunError> {
        fs::create_dir_all(reports).map_err(|error| failed(reports, &error))?;
        let started = Timestamp::now();
        Ok(Self {
            reports: reports.to_owned(),
            directory: new_directory(reports, &directory_name(started, name))?,
            started,
            name: name.to_owned(),
            scenarios: scenarios.into_iter().map(Into::into).collect(),
            control,
            target,
            recoveries: Recoveries::default(),
            watch: Box::new(|_| {}),
        })
    }

    /// Shows each step to `watch`.
    pub fn watched_by(mut self, watch: impl FnMut(SuiteStep<'_>) + Send + 'a) -> Self {
        self.watch = Box::new(watch);
        self
    }

    /// The directory of the report, in which each scenario has a directory of its own.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Runs the scenarios until one is aborted; `stop` ends the suite early, with its reason.
    ///
    /// A scenario that does not fit the target, that the target refuses, or that finds it unsteady is not run. The report is
    /// written in any case, in each [`Format`], beside the earlier ones of the suite that are in the same directory.
    ///
    /// # Errors
    ///
    /// When a scenario can't begin, or a file can't be written.
    pub async fn run(
        mut self,
        stop: impl Future<Output = String>,
    ) -> Result<SuiteReport, SuiteRunError> {
        let mut stop = pin!(stop);
        let (mut results, mut reports) = (Vec::new(), Vec::new());
        let mut is_over = false;
        let mut ended = Ok(());
        for planned in mem::take(&mut self.scenarios) {
            // A signal between two scenarios must not begin the next.
            let stopped = async {
                tokio::select! { biased; why = &mut stop => Some(why), () = ready(()) => None }
            };
            let verdict = match &planned {
                Planned::Unfit { why, .. } => Verdict::NotRun { why: why.clone() },
                Planned::Run(_) if is_over => Verdict::NotRun {
                    why: "the suite ended before it".to_owned(),
                },
                Planned::Run(scenario) => match stopped.await {
                    Some(why) => Verdict::Aborted { why },
                    None => match self.scenario(scenario, stop.as_mut()).await {
                        Ok((result, report)) => {
                            is_over = matches!(report.verdict, Verdict::Aborted { .. });
                            results.push(result);
                            reports.push(report);
                            continue;
                        }
                        // The next may find it steady again, or may be allowed.
                        Err(SuiteRunError::Run(
                            error @ (RunError::NotSteady(..)
                            | RunError::Control(ControlError::Refused(_))),
                        )) => Verdict::NotRun {
                            why: error.to_string(),
                        },
                        Err(error) => {
                            let why = error.to_string();
                            ended = Err(error);
                            Verdict::Aborted { why }
                        }
                    },
                },
            };
            is_over |= matches!(verdict, Verdict::Aborted { .. });
            results.push(ScenarioResult::without_report(planned.name(), verdict));
        }
        let mut report = SuiteReport::new(&self.name, results, reports);
        report.started = Some(self.started);
        match History::read(&self.reports, Some(&self.name)) {
            Ok(history) => history.compare(&mut report),
            Err(error) => report.unread = vec![failed(&self.reports, &error).to_string()],
        }
        let of_suites = [Format::JUnit, Format::Prometheus];
        for format in FORMATS.into_iter().chain(of_suites) {
            write(&self.directory, format, &report.written_in(format))?;
        }
        ended.map(|()| report)
    }

    async fn scenario(
        &mut self,
        scenario: &Scenario,
        stop: Pin<&mut impl Future<Output = String>>,
    ) -> Result<(ScenarioResult, Report), SuiteRunError> {
        let directory = new_directory(&self.directory, &file_name(&scenario.name))?;
        let path = directory.join(RECORD);
        let mut record = RecordWriter::create(&path).map_err(|error| failed(&path, &error))?;
        let watch = &mut self.watch;
        let run = Run::new(scenario, self.control, self.target)
            .recovered_before(self.recoveries)
            .watched_by(|line| watch(SuiteStep::Recorded { scenario, line }))
            .record(&mut record, stop);
        // After a panic, the record ends where it is, and the experiments end with their lease.
        catch_panic(run).await.unwrap_or(Ok(()))?;
        let text = fs::read_to_string(&path).map_err(|error| failed(&path, &error))?;
        let (opened, lines) = read_record(&text).map_err(|error| failed(&path, &error))?;
        let report = judge(&opened, &lines, &scenario.objectives.limits());
        if let Some(recovery) = &report.recovery {
            self.recoveries.tried += 1;
            self.recoveries.succeeded += u64::from(recovery.steady.is_some());
        }
        for format in FORMATS {
            write(&directory, format, &report.written_in(format))?;
        }
        (self.watch)(SuiteStep::Judged { report: &report });
        let name = directory.file_name().unwrap_or_default().to_string_lossy();
        Ok((ScenarioResult::of(&report, &name), report))
    }
}

/// Returns nothing if the future panics.
async fn catch_panic<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let caught = poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        polled.map_or(Poll::Ready(None), |polled| polled.map(Some))
    });
    caught.await
}

impl<C> fmt::Debug for SuiteRun<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SuiteRun")
            .field("name", &self.name)
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}

/// Creates a directory; a number follows its name if there is one of that name already.
fn new_directory(parent: &Path, name: &str) -> Result<PathBuf, SuiteRunError> {
    let mut path = parent.join(name);
    let mut number = 1;
    loop {
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                number += 1;
                path = parent.join(format!("{name}-{number}"));
            }
            Err(error) => return Err(failed(&path, &error)),
        }
    }
}

fn write(directory: &Path, format: Format, text: &str) -> Result<(), SuiteRunError> {
    let path = directory.join(format.file_name());
    // A collector of text files may read at any time, and must not find a part.
    let unfinished = directory.join(format!("{}.unfinished", format.file_name()));
    let written = fs::write(&unfinished, text).and_then(|()| fs::rename(&unfinished, &path));
    written.map_err(|error| failed(&path, &error))
}

fn failed(path: &Path, problem: &dyn Display) -> SuiteRunError {
    SuiteRunError::File {
        path: path.to_owned(),
        problem: problem.to_string(),
    }
}
