//! What was found for one objective.

use std::fmt;

use chaos_page::{Block, Cell, GoodSide, Interval, Markup, Table};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units::{Unit, or_nothing};
use crate::Verdict;
use crate::statistics::Estimate;

/// What was found for one objective.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Finding {
    /// What was measured.
    pub indicator: Indicator,
    /// The limit, in the unit of the indicator.
    pub limit: f64,
    /// The measured value between its bounds, if there was anything to measure.
    pub measured: Option<Estimate>,
    /// The verdict.
    pub verdict: Verdict,
}

impl Finding {
    pub(crate) fn new(
        indicator: Indicator,
        limit: f64,
        measured: Option<Estimate>,
        verdict: Verdict,
    ) -> Self {
        Self {
            indicator,
            limit,
            measured,
            verdict,
        }
    }

    pub(super) fn table<'a>(all: impl IntoIterator<Item = &'a Self>) -> Block {
        let bounds = "at 95 % confidence";
        let head = [
            "",
            "limit",
            "measured",
            bounds,
            "against the limit",
            "verdict",
        ];
        Block::Table(Table::new(
            "objectives",
            head,
            all.into_iter().map(Self::cells),
        ))
    }

    fn cells(&self) -> [Cell; 6] {
        let unit = self.indicator.unit();
        let measured = self.measured.as_ref();
        let mut drawing = Markup::default();
        if let Some(measured) = measured {
            let class = self.verdict.name().replace(' ', "-");
            self.interval(measured).draw(&mut drawing, &class);
        }
        [
            self.indicator.to_string().into(),
            self.limit_in_words().into(),
            or_nothing(measured.map(|measured| unit.format(measured.value))).into(),
            or_nothing(measured.map(|measured| unit.format_bounds(measured))).into(),
            Cell::Drawing(drawing),
            self.verdict.cell(),
        ]
    }

    fn interval(&self, measured: &Estimate) -> Interval {
        Interval {
            // Where a single look decides, bounds say nothing about the verdict.
            bounds: match self.indicator.is_decided_by_one() {
                true => [measured.value; 2],
                false => [measured.lower, measured.upper],
            },
            value: measured.value,
            limit: self.limit,
            good: self.indicator.good_side(),
        }
    }

    /// Why the objective is not met, if it is not.
    pub(super) fn shortfall(&self) -> Option<String> {
        let why = match (&self.verdict, &self.measured) {
            (Verdict::Met | Verdict::NotApplicable { .. }, _) => return None,
            (Verdict::Violated, Some(measured)) => self.indicator.unit().format(measured.value),
            (Verdict::Violated, None) => "not within the run".to_owned(),
            (verdict, _) => verdict.reason()?,
        };
        let (indicator, limit) = (self.indicator, self.limit_in_words());
        Some(format!("{indicator}: {why} (limit {limit})"))
    }

    /// What was measured, its bounds and the limit.
    pub(super) fn against_limit(&self) -> String {
        let (unit, limit) = (self.indicator.unit(), self.limit_in_words());
        match &self.measured {
            Some(measured) => format!(
                "{} (at 95 %: {}), the limit is {limit}",
                unit.format(measured.value),
                unit.format_bounds(measured),
            ),
            None => format!("not within the run, the limit is {limit}"),
        }
    }

    pub(crate) fn limit_in_words(&self) -> String {
        let sign = match self.indicator.good_side() {
            GoodSide::Above => "≥",
            GoodSide::Below => "≤",
        };
        format!("{sign} {}", self.indicator.unit().format(self.limit))
    }
}

impl Verdict {
    /// Its name and its reason, in a table.
    pub(super) fn cell(&self) -> Cell {
        Cell::Verdict(self.name(), self.reason())
    }
}

/// What is measured.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Indicator {
    /// The share of requests that failed during the fault.
    ErrorRate,
    /// The share of health probes that were good, from the start of the fault on.
    Availability,
    /// The 95th percentile of latency during the fault, less that before it.
    LatencyDegradation,
    /// The time from the first failed second to the first of five steady ones.
    Mttr,
    /// The share of struck requests that failed.
    Absorption,
    /// The time from the end of the fault to the first of five steady seconds.
    Recovery,
    /// The share of looks at the business rules that found them to hold, from the start of the fault on.
    BusinessRules,
    /// The share of health probes that were good again at the end.
    SteadyState,
}

impl Indicator {
    /// The unit of its values and limits.
    #[must_use]
    pub fn unit(self) -> Unit {
        match self {
            Self::LatencyDegradation | Self::Mttr | Self::Recovery => Unit::Seconds,
            _ => Unit::Share,
        }
    }

    /// Whether a single request, look or probe can violate its objective.
    fn is_decided_by_one(self) -> bool {
        matches!(
            self,
            Self::Absorption | Self::BusinessRules | Self::SteadyState
        )
    }

    /// The side of its limit that is good.
    pub(crate) fn good_side(self) -> GoodSide {
        match self {
            Self::Availability | Self::BusinessRules | Self::SteadyState => GoodSide::Above,
            _ => GoodSide::Below,
        }
    }
}

impl fmt::Display for Indicator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ErrorRate => "error rate",
            Self::Availability => "availability",
            Self::LatencyDegradation => "latency degradation",
            Self::Absorption => "surfaced faults",
            Self::Mttr => "mean time to repair",
            Self::Recovery => "recovery",
            Self::BusinessRules => "business rules",
            Self::SteadyState => "steady state after the fault",
        })
    }
}
