//! Writes the report of a suite as Markdown.

use std::fmt::{self, Write};

use super::markdown::{cell, write_finding};
use super::{Finding, Report, SuiteReport};
use crate::Verdict;

impl SuiteReport {
    /// The report as Markdown, for people.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        // Writing to a text never fails.
        let _ = self.write_markdown(&mut text);
        text
    }

    fn write_markdown(&self, out: &mut impl Write) -> fmt::Result {
        writeln!(out, "# {}: {}\n", self.suite, self.verdict.name())?;
        if let Some(why) = self.verdict.reason() {
            writeln!(out, "{why}.\n")?;
        }
        writeln!(out, "| scenario | verdict | |")?;
        writeln!(out, "|---|---|---|")?;
        for result in &self.scenarios {
            let name = match &result.path {
                Some(path) => format!("[{}]({path})", cell(&result.scenario)),
                None => cell(&result.scenario),
            };
            let reasons: Vec<_> = result.reasons.iter().map(|reason| cell(reason)).collect();
            let reasons = reasons.join("<br>");
            writeln!(out, "| {name} | {} | {reasons} |", result.verdict.name())?;
        }
        writeln!(
            out,
            "\n| | limit | measured | at 95 % confidence | verdict |"
        )?;
        writeln!(out, "|---|---|---|---|---|")?;
        write_finding(out, &self.mttr)
    }
}

impl Report {
    /// Why the run is not met: the objectives that it missed, and the faults that were struck.
    pub(crate) fn shortfalls(&self) -> Vec<String> {
        if self.verdict == Verdict::Met {
            return Vec::new();
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
        let of_note = self
            .fates
            .iter()
            .filter(|fate| !has_surfaced || !fate.surfaced.is_empty());
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
