//! How far business readings moved, in words.

use super::or_nothing;
use super::units::bounded;
use crate::report::{MovedReading, Unit};
use crate::statistics::Estimate;

impl MovedReading {
    pub(in crate::report) const HEADING: &str = "Business readings";
    pub(in crate::report) const HEAD: [&str; 6] =
        ["", "allowed", "before", "during", "change", "verdict"];

    pub(in crate::report) fn cells(&self) -> [String; 6] {
        let number = |estimate: &Estimate| Unit::Number.format(estimate.value);
        [
            self.rule.clone(),
            self.allowed.clone(),
            or_nothing(self.before.as_ref().map(number)),
            or_nothing(self.during.as_ref().map(number)),
            or_nothing(self.change()),
            self.verdict.words(),
        ]
    }

    /// How far it moved, between two bounds.
    pub(super) fn change(&self) -> Option<String> {
        let change = self.change.as_ref();
        change.map(|change| bounded(Unit::Number, change))
    }
}
