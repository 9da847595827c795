//! The report of a suite.

use super::Document;
use super::run::FINDINGS;
use super::units::bounded;
use crate::Verdict;
use crate::report::{Fate, Finding, Report, ScenarioResult, SuiteReport, Unit};

impl SuiteReport {
    /// The report as Markdown, for people.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut out = Document::about(&self.suite, &self.verdict);
        let results = self.scenarios.iter().map(ScenarioResult::cells);
        out.table(["scenario", "verdict", ""], results.collect());
        out.table(FINDINGS, vec![self.mttr.cells()]);
        out.into_text()
    }
}

impl ScenarioResult {
    fn cells(&self) -> [String; 3] {
        let name = &self.scenario;
        let path = self.path.as_ref();
        [
            path.map_or_else(|| name.clone(), |path| format!("[{name}]({path})")),
            self.verdict.name().to_owned(),
            self.remarks.join("<br>"),
        ]
    }
}

impl Report {
    /// What became of the struck requests, or why the run is not met: the objectives that it missed, and the faults.
    pub(crate) fn remarks(&self) -> Vec<String> {
        let absorbed: u64 = self.fates.iter().map(|fate| fate.absorbed).sum();
        let failed: u64 = self.fates.iter().map(Fate::failed).sum();
        let mut remarks: Vec<String> = self.verdict.reason().into_iter().collect();
        match self.verdict {
            Verdict::Met => {
                return vec![format!(
                    "{absorbed} struck requests succeeded, {failed} failed"
                )];
            }
            Verdict::Aborted { .. } | Verdict::NotRun { .. } => return remarks,
            _ => {}
        }
        let missed = self.findings.iter().filter(|finding| {
            // That of an inconclusive run has its reason already.
            finding.verdict != self.verdict || finding.verdict == Verdict::Violated
        });
        remarks.extend(missed.filter_map(Finding::shortfall));
        let broken = self.broken_rules.iter();
        remarks.extend(broken.map(|rule| format!("`{}` is broken: {}", rule.rule, rule.why)));
        let moved = self.readings.iter();
        let moved = moved.filter(|reading| reading.verdict == Verdict::Violated);
        remarks.extend(moved.filter_map(|reading| {
            let change = bounded(Unit::Number, reading.change.as_ref()?);
            Some(format!(
                "`{}` moved by {change}, allowed: {}",
                reading.rule, reading.allowed
            ))
        }));
        let of_note = |fate: &&Fate| failed == 0 || fate.failed() > 0;
        let fates = self.fates.iter().filter(of_note);
        remarks.extend(fates.map(|fate| {
            let struck = fate.failed() + fate.absorbed + fate.unknown;
            let (fault, operation, service) = (fate.fault, &fate.operation, &fate.service);
            let failed = fate.failed();
            format!("`{fault}` at `{operation}` of {service}: {failed} of {struck} struck requests failed")
        }));
        remarks
    }
}
