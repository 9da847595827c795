//! What was found for an objective, in words.

use super::or_nothing;
use crate::Verdict;
use crate::report::Finding;

impl Finding {
    /// The head of the table that the findings are rows of.
    pub(in crate::report) const HEAD: [&str; 5] =
        ["", "limit", "measured", "at 95 % confidence", "verdict"];

    pub(in crate::report) fn cells(&self) -> [String; 5] {
        let unit = self.indicator.unit();
        let measured = self.measured.as_ref();
        [
            self.indicator.to_string(),
            limit(self),
            or_nothing(measured.map(|measured| unit.format(measured.value))),
            or_nothing(measured.map(|measured| unit.format_bounds(measured))),
            self.verdict.words(),
        ]
    }

    /// Why the objective is not met, if it is not.
    pub(in crate::report) fn shortfall(&self) -> Option<String> {
        let why = match (&self.verdict, &self.measured) {
            (Verdict::Met | Verdict::NotApplicable { .. }, _) => return None,
            (Verdict::Violated, Some(measured)) => self.indicator.unit().format(measured.value),
            (Verdict::Violated, None) => "not within the run".to_owned(),
            (verdict, _) => verdict.reason()?,
        };
        Some(format!("{}: {why} (limit {})", self.indicator, limit(self)))
    }
}

pub(super) fn limit(finding: &Finding) -> String {
    let sign = if finding.indicator.is_better_when_high() {
        "≥"
    } else {
        "≤"
    };
    let unit = finding.indicator.unit();
    format!("{sign} {}", unit.format(finding.limit))
}
