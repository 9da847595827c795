//! Judges a record: a pure function of what was recorded and the limits.

mod afterwards;
mod fates;
mod indicators;
mod latency;
mod over_time;
mod recorded;
mod rules;
mod steadiness;
mod timeline;
mod validity;
mod verification;

#[cfg(test)]
mod afterwards_tests;
#[cfg(test)]
mod tests;

use fates::Struck;
use recorded::Recorded;

use crate::Verdict;
use crate::record::{Line, Opened};
use crate::report::{Fingerprint, REPORT_VERSION, Report};
use crate::scenario::Objectives;

/// Judges a record by limits, which need not be those of its scenario.
///
/// The same record and limits give the same report, to the byte.
#[must_use]
pub fn judge(opened: &Opened, lines: &[Line], limits: &Objectives) -> Report {
    let recorded = Recorded::of(opened, lines, limits);
    let struck = Struck::of(&recorded);
    let mut findings = recorded.indicators();
    findings.extend(struck.absorption());
    findings.extend(recorded.business_rules());
    findings.extend(recorded.steady_state());
    let (reached, readings) = (recorded.reached(), recorded.moved_readings());
    let (broken_rules, recovery) = (recorded.broken_rules(), recorded.recovery());
    let doubts = recorded.doubts();
    let verdicts = findings.iter().map(|finding| &finding.verdict);
    let moved = readings.iter().map(|reading| &reading.verdict);
    let shortfalls = reached.iter().filter_map(|one| one.shortfall.as_ref());
    let lost_entries = recorded.lost_entries();
    let caveat = format!(
        "the target's journal lost {lost_entries} entries, so some struck requests count as untreated"
    );
    Report {
        version: REPORT_VERSION,
        started: opened.started,
        fingerprint: Some(Fingerprint::of(opened)),
        scenario: opened.scenario.name.clone(),
        verdict: Verdict::worst(verdicts.chain(moved).chain(&doubts).chain(shortfalls)),
        control_group: struck.control_group(),
        fates: struck.fates(),
        timeline: recorded.timeline(&broken_rules, recovery.as_ref()),
        broken_rules,
        readings,
        recovery,
        stages: recorded.stages(),
        findings,
        reached,
        lost_entries,
        caveats: (lost_entries > 0).then_some(caveat).into_iter().collect(),
        series: over_time::series(&recorded, &struck.keys),
    }
}
