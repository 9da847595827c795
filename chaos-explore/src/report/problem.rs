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
    /// Code panicked, usually in an assertion.
    Panicked {
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
    },
    /// More tasks than in the baseline were still running after the trial.
    TasksLeft {
        /// The number of additional tasks.
        tasks: usize,
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
            Self::Overdue { part, after } => {
                write!(f, "{part} did not end within {}", format_duration(*after))
            }
            Self::Stuck { after } => write!(
                f,
                "the run did not end within {} of real time",
                format_duration(*after)
            ),
            Self::TasksLeft { tasks } => write!(f, "{tasks} tasks were left running"),
        }
    }
}
