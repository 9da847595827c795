//! What is to be said about a run in a table of runs.

use super::{Fate, Finding, Report};
use crate::Verdict;

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
