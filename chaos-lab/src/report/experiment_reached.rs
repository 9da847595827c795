//! What was asked of an experiment, and what it reached.

use std::fmt::{self, Write};

use chaos_core::Rate;
use chaos_core::adapter::HumanDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Unit;
use super::markdown::{between, in_unit};
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<ReachedRate>,
    /// The delays that operations felt, if they felt any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<ReachedDelay>,
    /// Its pressures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pressure: Vec<ReachedPressure>,
    /// Why it did not do what was asked, if it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortfall: Option<Verdict>,
}

/// The rate of an experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct ReachedRate {
    /// The share of operations that was asked for.
    pub asked: Rate,
    /// The number of operations that the blast radius covers, if each was drawn by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covered: Option<u64>,
    /// The share of them that was drawn; the true rate is outside of these bounds in less than 1 of 1,000 runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
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

/// Writes the section of a report.
pub(super) fn write_section(out: &mut impl Write, all: &[ExperimentReached]) -> fmt::Result {
    writeln!(out, "\n## What was asked, and what was reached\n")?;
    writeln!(out, "| experiment | | asked | reached |")?;
    writeln!(out, "|---|---|---|---|")?;
    for one in all {
        let name = &one.experiment;
        match &one.rate {
            Some(rate) => write_rate(out, name, rate, one.struck)?,
            None => writeln!(out, "| {name} | rate | – | {} struck |", one.struck)?,
        }
        if let Some(delay) = &one.delay {
            write_delay(out, name, delay)?;
        }
        for pressure in &one.pressure {
            writeln!(out, "| {name} | pressure | | {} |", pressure.text)?;
        }
    }
    Ok(())
}

fn write_rate(out: &mut impl Write, name: &str, rate: &ReachedRate, struck: u64) -> fmt::Result {
    write!(out, "| {name} | rate | {} | {struck}", rate.asked)?;
    if let Some(covered) = rate.covered {
        write!(out, " of {covered}")?;
    }
    write!(out, " struck")?;
    if let Some(drawn) = &rate.drawn {
        let share = in_unit(Unit::Share, drawn.value);
        write!(out, ", {share} drawn ({})", between(Unit::Share, drawn))?;
    }
    if !rate.bounded_by.is_empty() {
        write!(out, ", bounded by {}", rate.bounded_by.join(" and "))?;
    }
    writeln!(out, " |")
}

fn write_delay(out: &mut impl Write, name: &str, delay: &ReachedDelay) -> fmt::Result {
    let time = |time: HumanDuration| in_unit(Unit::Seconds, time.0.as_secs_f64());
    let (asked, felt) = (delay.asked.map_or("–".to_owned(), time), time(delay.felt));
    write!(out, "| {name} | median delay | {asked} | {felt}")?;
    if delay.cut_short > 0 {
        write!(
            out,
            ", {} of {} cut short",
            delay.cut_short, delay.operations
        )?;
    }
    writeln!(out, " |")
}
