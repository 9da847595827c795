//! A minimal set of faults that a test fails under.

use std::fmt;

use serde::Serialize;

use crate::placement::{Placement, format_line};
use crate::report::problem::Problem;

/// A minimal set of faults that a test fails under, and the problems it fails with.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    pub(crate) placements: Vec<Placement>,
    pub(crate) problems: Vec<Problem>,
    #[serde(rename = "again")]
    pub(crate) replay: ReplayOutcome,
    pub(crate) line: String,
}

/// Whether replaying a finding failed the test again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum ReplayOutcome {
    #[serde(rename = "replayed")]
    Reproduced,
    /// The test also depends on something other than the faults.
    #[serde(rename = "gone")]
    NotReproduced,
    /// A limit was reached, or the trial was stuck.
    #[serde(rename = "untried")]
    NotReplayed,
}

impl Finding {
    pub(crate) fn new(placements: Vec<Placement>, problems: Vec<Problem>) -> Self {
        Self {
            line: format_line(&placements),
            placements,
            problems,
            replay: ReplayOutcome::Reproduced,
        }
    }

    /// Returns the faults; empty when the test fails without any.
    #[must_use]
    pub fn placements(&self) -> &[Placement] {
        &self.placements
    }

    /// Returns the problems that the test failed with.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Returns whether the test failed again when the finding was replayed.
    #[must_use]
    pub fn is_reproducible(&self) -> bool {
        self.replay == ReplayOutcome::Reproduced
    }

    /// Returns the replay line for `CHAOS_REPLAY` and [`Exploration::replay`](crate::Exploration::replay).
    #[must_use]
    pub fn line(&self) -> &str {
        &self.line
    }

    /// Returns the Rust code of a regression test, which calls the test's own `exploration()`.
    #[must_use]
    pub fn to_rust(&self) -> String {
        format!(
            "#[test]\nfn survives_{}() {{\n    exploration().replay({:?}).run();\n}}\n",
            self.name(),
            self.line()
        )
    }

    /// Returns the line as part of a function name.
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
