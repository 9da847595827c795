//! What was wrong with one run.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::duration_text::format_duration;

/// What was wrong with one run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Problem {
    /// Something panicked, an assertion mostly; in which part of the test, and what it said.
    Panicked {
        /// The part of the test.
        part: Part,
        /// Its message and where it was.
        message: String,
    },
    /// A part of the test did not end in its time on the clock of the run.
    Overdue {
        /// The part of the test.
        part: Part,
        /// How long it was given.
        #[serde(with = "crate::duration_text")]
        after: Duration,
    },
    /// A run did not end in real time: it waits for something that never comes, or turns in a circle.
    Stuck {
        /// How long it was given.
        #[serde(with = "crate::duration_text")]
        after: Duration,
    },
    /// Tasks were still running when everything was over, more than without any fault.
    TasksLeft {
        /// How many more.
        tasks: usize,
    },
}

/// A part of a test that is explored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Part {
    /// The world is made.
    World,
    /// What runs under faults.
    Act,
    /// What must hold afterwards.
    Verify,
}

impl fmt::Display for Part {
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
