//! What was asked of an experiment, and what it reached.

use chaos_core::Rate;
use chaos_core::adapter::HumanDuration;
use chaos_page::{Block, Cell, Table};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units::{Unit, or_nothing, time};
use crate::Verdict;
use crate::statistics::Estimate;

/// What was asked of an experiment, and what it reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct ExperimentReached {
    /// The name of the experiment.
    pub experiment: String,
    /// The number of operations that it struck.
    pub struck: u64,
    /// Its rate; none if the record ends before the target was asked.
    pub rate: Option<ReachedRate>,
    /// The delays that operations felt, if they felt any.
    pub delay: Option<ReachedDelay>,
    /// Its pressures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pressure: Vec<ReachedPressure>,
    /// Why it did not do what was asked, if it did not.
    pub shortfall: Option<Verdict>,
}

/// The rate of an experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct ReachedRate {
    /// The share of operations that was asked for.
    pub asked: Rate,
    /// The number of operations that the blast radius covers, if each was drawn by itself.
    pub covered: Option<u64>,
    /// The share of them that was drawn; the true rate is outside of these bounds in less than 1 of 1,000 runs.
    pub drawn: Option<Estimate>,
    /// The reasons for which fewer operations were struck than drawn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bounded_by: Vec<String>,
}

/// The delays that an experiment added to operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct ReachedDelay {
    /// The median that was asked for, if the definition says it.
    pub asked: Option<HumanDuration>,
    /// The median that operations felt.
    pub felt: HumanDuration,
    /// The number of delayed operations.
    pub operations: u64,
    /// How many of them felt less than was injected, since their callers gave up or the experiment ended.
    pub cut_short: u64,
}

/// The level of a pressure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct ReachedPressure {
    /// The kind of pressure.
    pub kind: String,
    /// The level that was asked for.
    pub asked: f64,
    /// The level that was reached.
    pub reached: f64,
    /// Both, with their unit.
    pub text: String,
}

impl ExperimentReached {
    pub(super) fn table(all: &[Self]) -> Block {
        let head = ["experiment", "", "asked", "reached"];
        Block::Table(Table::new("reached", head, all.iter().flat_map(Self::rows)))
    }

    fn rows(&self) -> Vec<[Cell; 4]> {
        let row = |what: &str, asked: String, reached: String| {
            [self.experiment.clone(), what.to_owned(), asked, reached].map(Cell::Words)
        };
        let mut reached = self.struck.to_string();
        let rate = self.rate.as_ref();
        if let Some(covered) = rate.and_then(|rate| rate.covered) {
            reached += &format!(" of {covered}");
        }
        reached += " struck";
        if let Some(drawn) = rate.and_then(|rate| rate.drawn.as_ref()) {
            let share = Unit::Share.format(drawn.value);
            let bounds = Unit::Share.format_bounds(drawn);
            reached += &format!(", {share} drawn ({bounds})");
        }
        if let Some(rate) = rate.filter(|rate| !rate.bounded_by.is_empty()) {
            reached += &format!(", bounded by {}", rate.bounded_by.join(" and "));
        }
        let mut rows = vec![row(
            "rate",
            or_nothing(rate.map(|rate| rate.asked)),
            reached,
        )];
        rows.extend(self.delay.as_ref().map(|delay| {
            let mut felt = time(delay.felt.0);
            if delay.cut_short > 0 {
                felt += &format!(", {} of {} cut short", delay.cut_short, delay.operations);
            }
            let asked = delay.asked.map(|asked| time(asked.0));
            row("median delay", or_nothing(asked), felt)
        }));
        let pressures = self.pressure.iter();
        rows.extend(pressures.map(|one| row("pressure", String::new(), one.text.clone())));
        rows
    }
}
