//! How the target came back after the fault.

use chaos_core::adapter::HumanDuration;
use chaos_page::{Block, Cell, Table};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units::time;

/// How the target came back; times count from the end of the fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Recovery {
    /// The end of the first request that succeeded, or of the first good health probe without a load.
    pub first_success: Option<HumanDuration>,
    /// The requests that succeeded in a row, from the first one after the fault on.
    pub successes_in_a_row: u64,
    /// The first of five steady seconds.
    pub steady: Option<HumanDuration>,
    /// The look from which on all business rules held.
    pub rules_hold: Option<HumanDuration>,
    /// The seconds in which the target failed, from the start of the fault on.
    pub downtime: HumanDuration,
    /// The failed health probes, from the start of the fault on.
    pub failed_health_checks: u64,
}

/// A business rule that was found broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct BrokenRule {
    /// Its name.
    pub rule: String,
    /// The time of the first such look, since the start of the run.
    pub at: HumanDuration,
    /// What that look found.
    pub why: String,
}

impl Recovery {
    pub(super) fn table(&self) -> Block {
        let seen = |at: Option<HumanDuration>| at.map_or("not seen".to_owned(), |at| time(at.0));
        let row = |what: &str, when: String| [what.to_owned(), when].map(Cell::Words);
        let mut rows = vec![
            row("first success", seen(self.first_success)),
            row("successes in a row", self.successes_in_a_row.to_string()),
            row("steady", seen(self.steady)),
        ];
        let hold = self.rules_hold;
        rows.extend(hold.map(|at| row("business rules hold", time(at.0))));
        Block::Table(Table::new(
            "recovery",
            ["after the end of the fault", ""],
            rows,
        ))
    }

    /// What it was like from the start of the fault on.
    pub(super) fn sentence(&self) -> String {
        format!(
            "From the start of the fault on, the target was down for {}, and {} health checks failed.",
            time(self.downtime.0),
            self.failed_health_checks
        )
    }
}

impl BrokenRule {
    /// What was found, and when and how.
    pub(super) fn words(&self) -> [String; 2] {
        let (name, at, why) = (&self.rule, time(self.at.0), &self.why);
        [
            format!("The business rule `{name}` was found broken"),
            format!(" {at} after the start: {why}."),
        ]
    }
}
