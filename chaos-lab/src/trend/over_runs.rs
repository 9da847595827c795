//! What each scenario measured over the runs that can be compared.

use jiff::Timestamp;

use super::sweep::sweep;
use crate::Verdict;
use crate::report::{Indicator, Report, SuiteReport, Trend, TrendPoint};
use crate::statistics::Estimate;

/// The trend of each indicator of each scenario of the latest report.
pub(super) fn trends(earlier: &[SuiteReport], latest: &SuiteReport) -> Vec<Trend> {
    let scenarios = latest.reports.iter().map(|report| {
        let runs = earlier.iter().chain([latest]);
        let runs: Vec<_> = runs.filter_map(|run| same(run, report)).collect();
        let indicators = report.findings.iter().map(|finding| finding.indicator);
        indicators.filter_map(move |indicator| trend(indicator, &runs))
    });
    scenarios.flatten().collect()
}

/// The report of a scenario in another run, if both can be compared, with the time of the suite.
fn same<'a>(run: &'a SuiteReport, report: &Report) -> Option<(Timestamp, &'a Report)> {
    let key = |report: &'_ Report| (report.scenario.clone(), report.fingerprint.clone());
    let same = run.reports.iter().find(|one| key(one) == key(report));
    Some((run.started?, same?))
}

/// The trend of an indicator; nothing if no run measured it with bounds.
fn trend(indicator: Indicator, runs: &[(Timestamp, &Report)]) -> Option<Trend> {
    let points = runs.iter().map(|(started, report)| TrendPoint {
        started: *started,
        verdict: report.verdict.clone(),
        measured: measured(report, indicator),
    });
    let points: Vec<_> = points.collect();
    let counted = points.iter();
    let counted = counted.filter_map(|point| Some((point.started, point.measured?)));
    let counted: Vec<_> = counted.collect();
    (!counted.is_empty()).then(|| Trend {
        scenario: runs[0].1.scenario.clone(),
        indicator,
        movement: sweep(&counted, indicator.good_side()),
        points,
    })
}

/// The measured value of a run that counts: a value without two known bounds says nothing about its own error.
fn measured(report: &Report, indicator: Indicator) -> Option<Estimate> {
    if matches!(
        report.verdict,
        Verdict::Aborted { .. } | Verdict::NotRun { .. }
    ) {
        return None;
    }
    let measured = report.finding(indicator)?.measured?;
    let length = measured.upper - measured.lower;
    (length > 0.0 && length.is_finite()).then_some(measured)
}
