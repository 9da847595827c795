//! How the target came back, in words.

use chaos_core::adapter::HumanDuration;

use super::units::time;
use crate::report::{BrokenRule, Recovery};

impl Recovery {
    pub(in crate::report) const HEADING: &str = "How the target came back";
    pub(in crate::report) const HEAD: [&str; 2] = ["after the end of the fault", ""];

    pub(in crate::report) fn rows(&self) -> Vec<[String; 2]> {
        let seen = |at: Option<HumanDuration>| at.map_or("not seen".to_owned(), |at| time(at.0));
        let mut rows = vec![
            ("first success", seen(self.first_success)),
            ("successes in a row", self.successes_in_a_row.to_string()),
            ("steady", seen(self.steady)),
        ];
        rows.extend(
            self.rules_hold
                .map(|at| ("business rules hold", time(at.0))),
        );
        rows.into_iter()
            .map(|(what, when)| [what.to_owned(), when])
            .collect()
    }

    /// What it was like from the start of the fault on.
    pub(in crate::report) fn sentence(&self) -> String {
        format!(
            "From the start of the fault on, the target was down for {}, and {} health checks failed.",
            time(self.downtime.0),
            self.failed_health_checks
        )
    }
}

impl BrokenRule {
    /// What was found, and when and how.
    pub(in crate::report) fn words(&self) -> [String; 2] {
        let (name, at, why) = (&self.rule, time(self.at.0), &self.why);
        [
            format!("The business rule `{name}` was found broken"),
            format!(" {at} after the start: {why}."),
        ]
    }
}
