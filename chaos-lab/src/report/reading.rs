//! How far a business reading moved during the fault.

use chaos_page::{Block, Cell, Table};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units::{Unit, bounded, or_nothing};
use crate::Verdict;
use crate::statistics::Estimate;

/// How far a business reading moved: the medians of its values before and during the fault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct MovedReading {
    /// The name of the business rule.
    pub rule: String,
    /// How far it may move, such as `falls by at most 10%`.
    pub allowed: String,
    /// The median before the fault.
    pub before: Option<Estimate>,
    /// The median during the fault.
    pub during: Option<Estimate>,
    /// How much larger the second is.
    pub change: Option<Estimate>,
    /// The verdict.
    pub verdict: Verdict,
}

impl MovedReading {
    pub(super) fn table(all: &[Self]) -> Block {
        let head = ["", "allowed", "before", "during", "change", "verdict"];
        Block::Table(Table::new("readings", head, all.iter().map(Self::cells)))
    }

    fn cells(&self) -> [Cell; 6] {
        let number = |estimate: &Estimate| Unit::Number.format(estimate.value);
        [
            self.rule.clone().into(),
            self.allowed.clone().into(),
            or_nothing(self.before.as_ref().map(number)).into(),
            or_nothing(self.during.as_ref().map(number)).into(),
            or_nothing(self.change()).into(),
            self.verdict.cell(),
        ]
    }

    /// How far it moved, and how far it may.
    pub(super) fn against_limit(&self) -> String {
        let change = or_nothing(self.change());
        format!("{change}, allowed is: {}", self.allowed)
    }

    /// How far it moved, between two bounds.
    pub(super) fn change(&self) -> Option<String> {
        let change = self.change.as_ref();
        change.map(|change| bounded(Unit::Number, change))
    }
}
