//! How the target came back after the fault.

use std::fmt;

use chaos_core::adapter::HumanDuration;
use chaos_page::Block;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units::time;
use crate::Verdict;

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
    /// How far it came; empty in reports of earlier versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<ReachedStage>,
}

/// A stage of recovery, and when it was reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct ReachedStage {
    /// The stage.
    pub stage: RecoveryStage,
    /// The time, if it was reached.
    pub reached: Option<HumanDuration>,
    /// Met if it was reached, and violated if the target had its time and did not reach it.
    pub verdict: Verdict,
}

/// A stage of recovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RecoveryStage {
    /// A first request succeeds, or a first health probe is good.
    Immediate,
    /// The first of five steady seconds in a row.
    ShortTerm,
    /// All business rules hold, and go on to.
    Business,
}

impl RecoveryStage {
    pub(crate) fn when_reached(self) -> &'static str {
        match self {
            Self::Immediate => "a request succeeds",
            Self::ShortTerm => "the first of five steady seconds",
            Self::Business => "all business rules hold",
        }
    }

    /// The name of the stage as a label of metrics.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Immediate => "immediate",
            Self::ShortTerm => "short_term",
            Self::Business => "business",
        }
    }
}

impl fmt::Display for RecoveryStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Immediate => "immediate",
            Self::ShortTerm => "short-term",
            Self::Business => "business",
        })
    }
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
    /// The stages, each in a line: in a table, a page of many scenarios would become too long.
    pub(super) fn list(&self) -> Block {
        let lines = self.stages.iter().map(|one| {
            let (verdict, when) = (&one.verdict, one.stage.when_reached());
            let what = match one.reached {
                Some(at) => format!(" after {} ({when}): {}", time(at.0), verdict.name()),
                None => match verdict.reason() {
                    Some(why) => format!(": {why}"),
                    None => format!(" ({when}): {}", verdict.name()),
                },
            };
            [one.stage.to_string(), what]
        });
        Block::List(lines.collect())
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
