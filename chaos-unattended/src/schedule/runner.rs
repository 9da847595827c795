//! What carries out the runs of a schedule.

use std::future::Future;
use std::path::PathBuf;

use chaos_lab::Verdict;

use super::ScheduleEntry;

/// What carries out the runs of a schedule.
pub trait Runner {
    /// Looks once whether the entry can start; `Err` says what is wrong.
    fn ready(&self, entry: &ScheduleEntry) -> impl Future<Output = Result<(), String>>;

    /// Carries out a run of the entry; `stop` ends it early, with its reason.
    fn run(
        &self,
        entry: &ScheduleEntry,
        stop: impl Future<Output = String>,
    ) -> impl Future<Output = RunOutcome>;
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunOutcome {
    /// The verdict; that of a run that could not begin is `NotRun`.
    pub verdict: Verdict,
    /// The directory of its reports, if it got as far as that.
    pub reports: Option<PathBuf>,
}

impl RunOutcome {
    /// The outcome of a run that could not begin.
    #[must_use]
    pub fn not_run(why: impl Into<String>) -> Self {
        let why = why.into();
        Self {
            verdict: Verdict::NotRun { why },
            reports: None,
        }
    }
}
