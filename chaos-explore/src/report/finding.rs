//! A minimal set of faults that a test fails under.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::placement::{Placement, format_line};
use crate::report::moment::Moment;
use crate::report::problem::Problem;
use crate::trial::result::TrialResult;

/// A minimal set of faults that a test fails under, and the problems it fails with.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    pub(crate) placements: Vec<Placement>,
    pub(crate) problems: Vec<Problem>,
    #[serde(rename = "again")]
    pub(crate) replay: ReplayOutcome,
    pub(crate) line: String,
    #[serde(rename = "then")]
    pub(crate) moments: Vec<Moment>,
    /// The virtual time of the act and the verification.
    #[serde(skip)]
    pub(crate) virtual_time: Duration,
    /// The services that a call to got no reply from while virtual time passed, although no fault struck the call.
    #[serde(skip)]
    pub(crate) unanswered: Vec<Arc<str>>,
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
    pub(crate) fn new(placements: Vec<Placement>, result: &TrialResult) -> Self {
        let moments = Moment::all_of(result, &placements);
        let placements = in_order_of_strikes(placements, result);
        Self {
            line: format_line(&placements),
            moments,
            placements,
            problems: result.problems.clone(),
            replay: ReplayOutcome::Reproduced,
            virtual_time: result.virtual_time,
            unanswered: services(&result.unanswered),
        }
    }

    /// Returns the faults in the order of their strikes; empty when the test fails without any.
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

    /// Returns the faults in a sentence, such as "the reply to `POST /charge` to payments was lost after the work was
    /// done (connection reset)".
    #[must_use]
    pub fn sentence(&self) -> String {
        let sentences: Vec<_> = self.placements.iter().map(Placement::sentence).collect();
        sentences.join("; then ")
    }

    /// Returns what happened from the first struck operation on.
    #[must_use]
    pub fn moments(&self) -> &[Moment] {
        &self.moments
    }

    /// Returns the Rust code that makes an exploration a regression test of the finding: a call to
    /// [`Exploration::replay`](crate::Exploration::replay), to put before `.run()`.
    #[must_use]
    pub fn to_rust(&self) -> String {
        format!(".replay({:?})", self.line())
    }

    pub(crate) fn has_only_tasks_left(&self) -> bool {
        self.problems.iter().all(Problem::is_tasks_left)
    }
}

/// Sorts placements by the operation that each one struck first; those that struck none come last.
fn in_order_of_strikes(placements: Vec<Placement>, result: &TrialResult) -> Vec<Placement> {
    let mut placements: Vec<_> = placements.into_iter().enumerate().collect();
    placements.sort_by_key(|(index, _)| {
        let mut trace = result.trace.iter();
        let struck = trace.position(|operation| operation.is_struck_by(*index));
        struck.unwrap_or(usize::MAX)
    });
    placements
        .into_iter()
        .map(|(_, placement)| placement)
        .collect()
}

/// Returns each service once.
fn services(unanswered: &[Arc<str>]) -> Vec<Arc<str>> {
    let services: BTreeSet<_> = unanswered.iter().cloned().collect();
    services.into_iter().collect()
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
