//! What happens in a schedule: the lines of its file.

use std::fmt;
use std::path::PathBuf;

use chaos_lab::Verdict;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ScheduleEntry;
use super::passed::MOST;

/// A line of the file of a schedule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ScheduleEvent {
    /// The time by the clock of the scheduler.
    pub at: Timestamp,
    /// The name of the entry.
    pub name: String,
    /// What happened to it.
    #[serde(flatten)]
    pub change: Change,
}

/// What happens to an entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// It was added, or replaced the one of its name.
    Added(Box<ScheduleEntry>),
    /// It was removed.
    Removed,
    /// It is due soon.
    Upcoming {
        /// The due time.
        due: Timestamp,
    },
    /// It is due and waits.
    Waiting {
        /// The due time.
        due: Timestamp,
        /// What it waits for.
        why: Reason,
    },
    /// Its run began.
    Started {
        /// The due time.
        due: Timestamp,
    },
    /// Its run ended.
    Ended {
        /// The due time.
        due: Timestamp,
        /// What came of it.
        verdict: Verdict,
        /// The directory of its reports, if it got as far as that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reports: Option<PathBuf>,
    },
    /// Due times passed without a run.
    Missed {
        /// The first due time.
        from: Timestamp,
        /// The last due time.
        to: Timestamp,
        /// The number of due times; beyond 10,000 at least as many.
        count: u64,
        /// The reason.
        why: Reason,
    },
}

/// Why a due time waits, or was missed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// No scheduler ran.
    NotRunning,
    /// The clock jumped, or the machine slept.
    Jumped,
    /// The run of this entry went on.
    Busy(String),
    /// The target was unwell, or an alert fired.
    Unwell(String),
    /// The entry was removed or replaced.
    Removed,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRunning => f.write_str("no scheduler ran"),
            Self::Jumped => f.write_str("the clock jumped, or the machine slept"),
            Self::Busy(name) => write!(f, "the run of `{name}` went on"),
            Self::Unwell(problem) => write!(f, "the target was not well: {problem}"),
            Self::Removed => f.write_str("the entry was removed or replaced"),
        }
    }
}

impl fmt::Display for ScheduleEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: ", self.at, self.name)?;
        match &self.change {
            Change::Added(_) => f.write_str("added"),
            Change::Removed => f.write_str("removed"),
            Change::Upcoming { due } => write!(f, "upcoming, due at {due}"),
            Change::Waiting { due, why } => write!(f, "waiting, due at {due}: {why}"),
            Change::Started { due } => write!(f, "started, due at {due}"),
            Change::Ended {
                verdict, reports, ..
            } => {
                let why = verdict.reason().map(|why| format!(" ({why})"));
                write!(f, "ended: {}{}", verdict.name(), why.unwrap_or_default())?;
                match reports {
                    Some(reports) => write!(f, "; the reports are in {}", reports.display()),
                    None => Ok(()),
                }
            }
            Change::Missed {
                from,
                count: 1,
                why,
                ..
            } => write!(f, "missed, due at {from}: {why}"),
            Change::Missed {
                from,
                to,
                count,
                why,
            } => {
                let more = if *count > MOST { "more than " } else { "" };
                let count = count.min(&MOST);
                write!(
                    f,
                    "missed {more}{count} times, due from {from} to {to}: {why}"
                )
            }
        }
    }
}
