//! The first sentence of a report, and how much there is of each verdict.

use super::{Finding, Indicator, Report, SuiteReport};
use crate::Verdict;

impl Report {
    /// The sentence that says what matters.
    pub(super) fn headline(&self) -> String {
        let violated = |finding: &&Finding| finding.verdict == Verdict::Violated;
        let what = match (&self.verdict, self.findings.iter().find(violated)) {
            (Verdict::Violated, Some(finding)) => match self.broken_rules.first() {
                Some(rule) if finding.indicator == Indicator::BusinessRules => {
                    rule.words().concat()
                }
                _ => finding.headline(),
            },
            (Verdict::Met, _) => format!("all objectives are met, {}", self.remarks().join("; ")),
            (verdict, _) => reason_or_name(verdict),
        };
        sentence(&format!("`{}`: {what}", self.scenario))
    }
}

impl Finding {
    fn headline(&self) -> String {
        let (indicator, limit) = (self.indicator, self.limit_in_words());
        let unit = self.indicator.unit();
        match &self.measured {
            Some(measured) => format!(
                "{indicator} {} (at 95 %: {}), the limit is {limit}",
                unit.format(measured.value),
                unit.format_bounds(measured),
            ),
            None => format!("{indicator} not within the run, the limit is {limit}"),
        }
    }
}

impl SuiteReport {
    /// The sentence that says what matters: the worst of all scenarios.
    pub(super) fn headline(&self) -> String {
        let violated = self
            .results()
            .find(|(result, _)| result.verdict == Verdict::Violated);
        match (&self.verdict, violated) {
            (Verdict::Violated, Some((_, Some(report)))) => report.headline(),
            (Verdict::Met, _) => "Each scenario met its objectives.".to_owned(),
            (verdict, _) => sentence(&reason_or_name(verdict)),
        }
    }
}

/// How many there are of each verdict.
pub(super) fn tally<'a>(what: &str, verdicts: impl Iterator<Item = &'a Verdict>) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for name in verdicts.map(Verdict::name) {
        match counts.iter_mut().find(|(other, _)| *other == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    let counts: Vec<_> = counts
        .iter()
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    format!("{what}: {}.", counts.join(", "))
}

fn reason_or_name(verdict: &Verdict) -> String {
    verdict
        .reason()
        .unwrap_or_else(|| verdict.name().to_owned())
}

/// Ends with one full stop.
fn sentence(text: &str) -> String {
    format!("{}.", text.trim_end_matches('.'))
}
