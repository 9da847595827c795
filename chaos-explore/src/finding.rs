//! What does not survive.

use std::fmt;

use serde::Serialize;

use crate::placement::line;
use crate::{Placement, Problem};

/// The fewest faults that a test does not survive, and what then was wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    pub(crate) placements: Vec<Placement>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) again: Again,
    pub(crate) line: String,
}

/// Whether a finding was found once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Again {
    /// Its line brought it about again.
    Replayed,
    /// Its line did not: the test depends on something else, too.
    Gone,
    /// Its line was not tried: a limit was reached, or the run did not end.
    Untried,
}

impl Finding {
    pub(crate) fn new(placements: Vec<Placement>, problems: Vec<Problem>) -> Self {
        Self {
            line: line(&placements),
            placements,
            problems,
            again: Again::Replayed,
        }
    }

    /// The faults; none when the test fails by itself.
    #[must_use]
    pub fn placements(&self) -> &[Placement] {
        &self.placements
    }

    /// What was wrong.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Whether the line alone brought it about again.
    #[must_use]
    pub fn replays(&self) -> bool {
        self.again == Again::Replayed
    }

    /// The faults as a line, which `CHAOS_REPLAY` and [`Exploration::replay`](super::Exploration::replay) read.
    #[must_use]
    pub fn line(&self) -> &str {
        &self.line
    }

    /// A regression test of it, given the test's own `exploration()`.
    #[must_use]
    pub fn to_rust(&self) -> String {
        format!(
            "#[test]\nfn survives_{}() {{\n    exploration().replay({:?}).run();\n}}\n",
            self.name(),
            self.line()
        )
    }

    /// A name that a function can have.
    fn name(&self) -> String {
        let words = self
            .line
            .split(|letter: char| !letter.is_ascii_alphanumeric());
        let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
        words.join("_").to_lowercase()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.problems.iter().enumerate() {
            if at > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{problem}")?;
        }
        if self.placements.is_empty() {
            return f.write_str(" (without any fault)");
        }
        write!(f, "\n    CHAOS_REPLAY='{}'", self.line)
    }
}
