//! What matters most about a report: its first sentence, how much there is of each verdict, and remarks.

use super::{Fate, Finding, Indicator, Report, SuiteReport};
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
        format!("{} {}", self.indicator, self.against_limit())
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

impl Report {
    /// What became of the struck requests, or why the run is not met: the objectives that it missed, and the faults.
    pub(crate) fn remarks(&self) -> Vec<String> {
        let absorbed: u64 = self.fates.iter().map(|fate| fate.absorbed).sum();
        let failed: u64 = self.fates.iter().map(Fate::failed).sum();
        let mut remarks: Vec<String> = self.verdict.reason().into_iter().collect();
        match self.verdict {
            Verdict::Met => {
                let unknown: u64 = self.fates.iter().map(|fate| fate.unknown).sum();
                let mut remark = format!("{absorbed} struck requests succeeded, {failed} failed");
                if unknown > 0 {
                    remark += &format!(", of {unknown} it is unknown");
                }
                return vec![remark];
            }
            Verdict::Aborted { .. } | Verdict::NotRun { .. } => return remarks,
            _ => {}
        }
        let mut findings: Vec<_> = self.findings.iter().collect();
        findings.sort_by_key(|finding| finding.verdict != Verdict::Violated);
        let missed = findings.into_iter().filter(|finding| {
            // That of an inconclusive run has its reason already.
            finding.verdict != self.verdict || finding.verdict == Verdict::Violated
        });
        remarks.extend(missed.filter_map(Finding::shortfall));
        let broken = self.broken_rules.iter();
        remarks.extend(broken.map(|rule| format!("`{}` is broken: {}", rule.rule, rule.why)));
        let moved = self.readings.iter();
        let moved = moved.filter(|reading| reading.verdict == Verdict::Violated);
        remarks.extend(moved.map(|reading| {
            let (rule, allowed) = (&reading.rule, &reading.allowed);
            let change = reading.change().unwrap_or_default();
            format!("`{rule}` moved by {change}, but it {allowed}")
        }));
        let of_note = |fate: &&Fate| failed == 0 || fate.failed() > 0;
        let fates = self.fates.iter().filter(of_note);
        remarks.extend(fates.map(|fate| {
            let struck = fate.failed() + fate.absorbed;
            let (fault, operation, service) = (fate.fault, &fate.operation, &fate.service);
            let failed = fate.failed();
            let unknown = match fate.unknown {
                0 => String::new(),
                unknown => format!(", {unknown} unknown"),
            };
            format!("`{fault}` at `{operation}` of {service}: {failed} of {struck} struck requests failed{unknown}")
        }));
        remarks
    }
}
