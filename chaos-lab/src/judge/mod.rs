//! Judges a record: a pure function of what was recorded and the limits.

mod afterwards;
mod fates;
mod indicators;
mod latency;
mod readings;
mod rules;
mod series;
mod stages;
mod steadiness;
mod timeline;
mod validity;
mod verification;

#[cfg(test)]
mod afterwards_tests;
#[cfg(test)]
mod tests;

use fates::Struck;
use indicators::Measured;
use timeline::Timeline;

use crate::Verdict;
use crate::record::{Line, Opened};
use crate::report::{REPORT_VERSION, Report};
use crate::scenario::Objectives;

/// Judges a record by limits, which need not be those of its scenario.
///
/// The same record and limits give the same report, to the byte.
#[must_use]
pub fn judge(opened: &Opened, lines: &[Line], limits: &Objectives) -> Report {
    let timeline = Timeline::of(lines);
    let measured = Measured {
        lines,
        timeline: &timeline,
        limits,
    };
    let struck = Struck::of(lines);
    let seconds = measured.seconds();
    let mut findings = measured.findings(&seconds);
    findings.extend(struck.absorption(opened.scenario.expect));
    findings.extend(rules::finding(&opened.scenario, lines, &timeline));
    findings.extend(afterwards::steady_state(lines, &timeline));
    let reached = verification::reached(opened, lines, &timeline);
    let doubts = validity::doubts(lines, &timeline, limits);
    let readings = readings::moved(&opened.scenario, lines, &timeline);
    let verdicts = findings.iter().map(|finding| &finding.verdict);
    let moved = readings.iter().map(|reading| &reading.verdict);
    let shortfalls = reached.iter().filter_map(|one| one.shortfall.as_ref());
    let lost_entries = validity::lost_entries(lines);
    let caveat = format!(
        "the target's journal lost {lost_entries} entries, so some struck requests count as untreated"
    );
    let caveats = (lost_entries > 0).then_some(caveat).into_iter().collect();
    Report {
        version: REPORT_VERSION,
        scenario: opened.scenario.name.clone(),
        verdict: Verdict::worst(verdicts.chain(moved).chain(&doubts).chain(shortfalls)),
        control_group: struck.control_group(&timeline),
        fates: struck.fates(),
        broken_rules: rules::broken(lines, &timeline),
        readings,
        recovery: afterwards::recovery(lines, &timeline, &seconds),
        stages: stages::summaries(lines, &timeline),
        findings,
        reached,
        lost_entries,
        caveats,
        series: series::series(lines, &timeline, &struck.keys()),
    }
}
