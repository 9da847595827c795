//! What a scenario measured over the runs of its suite.

use chaos_page::{Block, Cell, Markup, OverRuns, Table};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Indicator;
use super::units::{bounded, or_nothing};
use crate::Verdict;
use crate::statistics::Estimate;

/// What a scenario measured of an indicator over the runs that can be compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Trend {
    /// The name of the scenario.
    pub scenario: String,
    /// What was measured.
    pub indicator: Indicator,
    /// The runs, of which this one is the last.
    pub points: Vec<TrendPoint>,
    /// Where the values went.
    pub movement: Movement,
}

/// What one run measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct TrendPoint {
    /// The time of the run.
    #[schemars(with = "String")]
    pub started: Timestamp,
    /// The verdict of the scenario.
    pub verdict: Verdict,
    /// The measured value between its bounds; none if the run does not count.
    pub measured: Option<Estimate>,
}

/// Where values went over the runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Movement {
    /// There are too few runs that count.
    TooFewRuns,
    /// They do not differ by more than runs do by chance.
    Steady,
    /// They got worse.
    Regression(Moved),
    /// They got better.
    Improvement(Moved),
}

/// How far values moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Moved {
    /// The first run that is different.
    #[schemars(with = "String")]
    pub since: Timestamp,
    /// The mean of the runs before.
    pub before: f64,
    /// The mean of the runs since.
    pub now: f64,
    /// Their difference, with the one-sided bounds of 95 %.
    pub difference: Estimate,
}

impl Movement {
    pub(super) fn moved(&self) -> Option<&Moved> {
        match self {
            Self::Regression(moved) | Self::Improvement(moved) => Some(moved),
            Self::TooFewRuns | Self::Steady => None,
        }
    }

    /// How many there are of each, if there are any.
    pub(super) fn tally<'a>(all: impl Iterator<Item = &'a Self>) -> Option<String> {
        let names: Vec<_> = all.map(Self::name).collect();
        let count = |of: &str| names.iter().filter(|name| **name == of).count();
        let kinds = ["regression", "improvement", "steady", "too few runs"];
        let counts = kinds.map(|kind| format!("{kind} {}", count(kind)));
        (!names.is_empty()).then(|| format!("Indicators of scenarios: {}.", counts.join(", ")))
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::TooFewRuns => "too few runs",
            Self::Steady => "steady",
            Self::Regression(_) => "regression",
            Self::Improvement(_) => "improvement",
        }
    }
}

impl Trend {
    pub(super) fn table<'a>(all: impl IntoIterator<Item = &'a Self>) -> Block {
        let head = [
            "scenario",
            "indicator",
            "over the runs",
            "runs that count",
            "latest",
            "trend",
        ];
        Block::Table(Table::new("trends", head, all.into_iter().map(Self::cells)))
    }

    fn cells(&self) -> [Cell; 6] {
        let measured: Vec<_> = self.points.iter().map(|point| point.measured).collect();
        let latest = measured.iter().flatten().next_back();
        let moved = self.movement.moved();
        let is_since = |point: &TrendPoint| moved.is_some_and(|moved| point.started >= moved.since);
        let drawn = measured.iter();
        let drawn = drawn.map(|one| one.map(|one| [one.lower, one.value, one.upper]));
        let runs = OverRuns {
            values: &drawn.collect::<Vec<_>>(),
            shaded_from: self.points.iter().position(is_since),
        };
        let mut drawing = Markup::default();
        runs.draw(&mut drawing, self.movement.name());
        let since = moved.map(|moved| format!(" since {:.0}", moved.since));
        let counted = measured.iter().flatten().count();
        [
            self.scenario.clone().into(),
            self.indicator.to_string().into(),
            Cell::Drawing(drawing),
            format!("{counted} of {}", measured.len()).into(),
            or_nothing(latest.map(|latest| bounded(self.indicator.unit(), latest))).into(),
            (self.movement.name().to_owned() + &since.unwrap_or_default()).into(),
        ]
    }

    /// How much worse it got, and since when; nothing if it did not.
    pub(super) fn regression(&self) -> Option<[String; 2]> {
        let Movement::Regression(Moved {
            since,
            before,
            now,
            difference,
        }) = &self.movement
        else {
            return None;
        };
        let (scenario, indicator, unit) = (&self.scenario, self.indicator, self.indicator.unit());
        let [before, now] = [before, now].map(|value| unit.format(*value));
        let difference = bounded(unit, difference);
        Some([
            format!("Regression of `{scenario}`, {indicator}"),
            format!(
                ": {now} since the run of {since:.0}, {before} before it, a difference of {difference}."
            ),
        ])
    }
}
