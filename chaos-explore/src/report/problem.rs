//! The problems that trials fail with.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::report::duration_text::{self, format_duration};

/// A problem that a trial failed with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Problem {
    /// A part of the test panicked, usually in an assertion.
    Panicked {
        /// The part of the test.
        part: TestPart,
        /// The panic's message and location.
        message: String,
    },
    /// A spawned task panicked, such as one of a server; the test itself may have gone on.
    TaskPanicked {
        /// The part of the test that was running.
        part: TestPart,
        /// The panic's message and location.
        message: String,
    },
    /// A part of the test exceeded its time limit on the trial's clock.
    Overdue {
        /// The part of the test.
        part: TestPart,
        /// The time limit.
        #[serde(serialize_with = "duration_text::serialize")]
        after: Duration,
    },
    /// The trial exceeded its time limit in real time: it is blocked or loops forever.
    Stuck {
        /// The time limit.
        #[serde(serialize_with = "duration_text::serialize")]
        after: Duration,
        /// The last operations of the tasks that made any, or else of the act, the latest first.
        last_operations: Vec<String>,
    },
    /// More tasks than in the baseline were still running after the trial.
    TasksLeft {
        /// The number of additional tasks.
        tasks: usize,
        /// The last operations of the tasks that made any, the latest first; some of these tasks may have ended.
        last_operations: Vec<String>,
    },
    /// Operations were still held 10 minutes of virtual time after the act, as their callers set no limit.
    WaitsWithoutLimit {
        /// The held operations.
        operations: Vec<String>,
    },
}

/// A part of an explored test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TestPart {
    /// Creates the world.
    World,
    /// Runs with faults injected.
    Act,
    /// Asserts what must hold afterwards.
    Verify,
}

impl fmt::Display for TestPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::World => "world",
            Self::Act => "act",
            Self::Verify => "verify",
        })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked { part, message } => write!(f, "{part} panicked: {message}"),
            Self::TaskPanicked { part, message } => {
                write!(f, "a task panicked during the {part}: {message}")
            }
            Self::Overdue { part, after } => {
                write!(f, "{part} did not end within {}", format_duration(*after))
            }
            Self::Stuck {
                after,
                last_operations,
            } => {
                let after = format_duration(*after);
                write!(f, "the run did not end within {after} of real time")?;
                match &last_operations[..] {
                    [] => f.write_str(" (it had made no operation)"),
                    last => write!(f, " (last operations: `{}`)", last.join("`, `")),
                }
            }
            Self::TasksLeft {
                tasks,
                last_operations,
            } => {
                let (tasks, were) = match tasks {
                    1 => ("1 task".to_owned(), "was"),
                    _ => (format!("{tasks} tasks"), "were"),
                };
                write!(f, "{tasks} {were} left running")?;
                match &last_operations[..] {
                    [] => f.write_str(" (no spawned task made an operation)"),
                    last => write!(f, " (last operations of tasks: `{}`)", last.join("`, `")),
                }
            }
            Self::WaitsWithoutLimit { operations } => write!(
                f,
                "a task waits for `{}` without a limit",
                operations.join("` and `")
            ),
        }
    }
}

impl Problem {
    /// Returns a text that is the same for problems with one cause: a panic's location, without its message.
    pub(crate) fn cause(&self) -> String {
        match self {
            Self::Panicked { part, message } => match message.rsplit_once(" (") {
                Some((_, at)) if at.ends_with(')') => format!("{part} at {at}"),
                _ => self.to_string(),
            },
            Self::TaskPanicked { message, .. } => match message.rsplit_once(" (") {
                Some((_, at)) if at.ends_with(')') => format!("task at {at}"),
                _ => self.to_string(),
            },
            Self::TasksLeft { .. } => "tasks left".to_owned(),
            Self::WaitsWithoutLimit { .. } => "waits without a limit".to_owned(),
            Self::Stuck { .. } => "stuck".to_owned(),
            Self::Overdue { .. } => self.to_string(),
        }
    }

    /// Returns whether a task did not end after the act, which hides no other problem.
    pub(crate) fn is_tasks_left(&self) -> bool {
        matches!(
            self,
            Self::TasksLeft { .. } | Self::WaitsWithoutLimit { .. }
        )
    }
}
