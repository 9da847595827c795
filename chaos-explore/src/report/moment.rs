//! What happened after a fault, with the times of the run's clock.

use std::time::Duration;

use serde::Serialize;

use crate::placement::Placement;
use crate::report::duration_text;
use crate::report::problem::{Problem, TestPart};
use crate::trial::result::TrialResult;

/// The number of operations after the fault that are listed.
const MAX_OPERATIONS: usize = 8;

/// The longest reply that is shown whole, in characters.
const MAX_REPLY: usize = 160;

/// Something that happened after a fault.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Moment {
    /// The time since the operation that the first fault struck, on the run's clock.
    #[serde(serialize_with = "duration_text::serialize")]
    pub after: Duration,
    /// What happened.
    pub what: String,
}

impl Moment {
    /// Returns what happened from the first operation on that one of the placements struck.
    pub(crate) fn all_of(result: &TrialResult, placements: &[Placement]) -> Vec<Self> {
        let mut trace = result.trace.iter();
        let Some(first) = trace.position(|operation| !operation.struck_by.is_empty()) else {
            return Vec::new();
        };
        let following = &result.trace[first..];
        let fault_at = following[0].at;
        let shown = following.iter().take(MAX_OPERATIONS);
        let mut moments: Vec<_> = shown
            .map(|operation| {
                let struck_by = operation.struck_by.iter();
                let cases = struck_by.filter_map(|at| Some(&placements.get(*at)?.fault_case));
                let cases: Vec<_> = cases.map(|case| format!("`{case}`")).collect();
                let struck = match cases.is_empty() {
                    true => String::new(),
                    false => format!(", struck by {}", cases.join(" and ")),
                };
                Self {
                    after: operation.at.saturating_sub(fault_at),
                    what: format!("`{}`{struck}", operation.id),
                }
            })
            .collect();
        if let Some(next) = following.get(MAX_OPERATIONS) {
            moments.push(Self {
                after: next.at.saturating_sub(fault_at),
                what: format!("{} more operations", following.len() - MAX_OPERATIONS),
            });
        }
        let is_overdue = |problem: &Problem| {
            let act = TestPart::Act;
            matches!(problem, Problem::Overdue { part, .. } if *part == act)
        };
        let ended = match &result.reply {
            Some(reply) => Some(format!("the act returned `{}`", shorten(reply))),
            None if result.problems.iter().any(is_overdue) => {
                Some("the act had not returned".to_owned())
            }
            None => None,
        };
        moments.extend(ended.map(|what| Self {
            after: result.act_took.saturating_sub(fault_at),
            what,
        }));
        moments
    }
}

/// Returns a text on one line, cut if it is long.
fn shorten(text: &str) -> String {
    let line = text.replace(['\n', '\r'], " ").replace('`', "'");
    match line.char_indices().nth(MAX_REPLY) {
        None => line,
        Some((at, _)) => format!("{}…", &line[..at]),
    }
}
