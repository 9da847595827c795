//! The report of a suite.

use super::Document;
use super::run::FINDINGS;
use crate::Verdict;
use crate::report::{Finding, Report, ScenarioResult, SuiteReport};

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
        if self.verdict == Verdict::Met {
            let absorbed: u64 = self.fates.iter().map(|fate| fate.absorbed).sum();
            let surfaced: u64 = self
                .fates
                .iter()
                .flat_map(|fate| fate.surfaced.values())
                .sum();
            return vec![format!(
                "{absorbed} struck requests succeeded, {surfaced} failed"
            )];
        }
        let mut shortfalls: Vec<String> = self.verdict.reason().into_iter().collect();
        if matches!(
            self.verdict,
            Verdict::Aborted { .. } | Verdict::NotRun { .. }
        ) {
            return shortfalls;
        }
        let missed = self.findings.iter().filter(|finding| {
            // That of an inconclusive run has its reason already.
            finding.verdict != self.verdict || finding.verdict == Verdict::Violated
        });
        shortfalls.extend(missed.filter_map(Finding::shortfall));
        let broken = self.broken_rules.iter();
        shortfalls.extend(broken.map(|rule| format!("`{}` is broken: {}", rule.rule, rule.why)));
        let has_surfaced = self.fates.iter().any(|fate| !fate.surfaced.is_empty());
        let fates = self.fates.iter();
        let of_note = fates.filter(|fate| !has_surfaced || !fate.surfaced.is_empty());
        shortfalls.extend(of_note.map(|fate| {
            let surfaced: u64 = fate.surfaced.values().sum();
            let struck = surfaced + fate.absorbed + fate.unknown;
            format!(
                "`{}` at `{}` of {}: {surfaced} of {struck} struck requests failed",
                fate.fault, fate.operation, fate.service
            )
        }));
        shortfalls
    }
}
