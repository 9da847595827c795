//! Reports of suites: what the reports of scenarios say together.

use chaos_page::{Block, Cell, Document, Section, Table};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Change, Finding, Indicator, Movement, REPORT_VERSION, Report, Trend};
use crate::Verdict;
use crate::statistics::Estimate;

/// What the reports of scenarios say together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct SuiteReport {
    /// The version of the format.
    pub version: u32,
    /// The time of the start; none in reports of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub started: Option<Timestamp>,
    /// The name of the suite.
    pub suite: String,
    /// The verdict of the suite.
    pub verdict: Verdict,
    /// The mean time to repair, over the scenarios in which something failed.
    pub mttr: Finding,
    /// What came of each scenario.
    pub scenarios: Vec<ScenarioResult>,
    /// What changed since the last run of the suite.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub since_last: Vec<Change>,
    /// What each scenario measured over the runs of the suite.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trend: Vec<Trend>,
    /// The problems of earlier reports, which are left out of the trend.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
    /// The reports of the scenarios that were run.
    pub reports: Vec<Report>,
}

/// What came of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct ScenarioResult {
    /// The name of the scenario.
    pub scenario: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// What became of the struck requests, or why it is not met.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// The path of its report, from the directory of the suite's; nothing if it was not run.
    pub path: Option<String>,
}

impl ScenarioResult {
    /// The result of a scenario whose report is in this directory.
    pub(crate) fn of(report: &Report, directory: &str) -> Self {
        Self {
            scenario: report.scenario.clone(),
            verdict: report.verdict.clone(),
            remarks: report.remarks(),
            path: Some(format!("{directory}/report.md")),
        }
    }

    /// The result of a scenario that was not run.
    pub(crate) fn without_report(scenario: &str, verdict: Verdict) -> Self {
        Self {
            scenario: scenario.to_owned(),
            remarks: verdict.reason().into_iter().collect(),
            verdict,
            path: None,
        }
    }

    fn cells(&self) -> [Cell; 3] {
        let name = &self.scenario;
        let path = self.path.as_ref();
        let linked = path.map_or_else(|| name.clone(), |path| format!("[{name}]({path})"));
        let verdict = Cell::Verdict(self.verdict.name(), None);
        [linked.into(), verdict, self.remarks.join("<br>").into()]
    }
}

impl SuiteReport {
    pub(crate) fn new(suite: &str, scenarios: Vec<ScenarioResult>, reports: Vec<Report>) -> Self {
        Self {
            version: REPORT_VERSION,
            started: None,
            suite: suite.to_owned(),
            verdict: verdict(&scenarios),
            mttr: mttr(&reports),
            scenarios,
            since_last: Vec::new(),
            trend: Vec::new(),
            unread: Vec::new(),
            reports,
        }
    }

    /// The report as Markdown, for people.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let (head, results) = (["scenario", "verdict", ""], self.scenarios.iter());
        let results = Table::new("scenarios", head, results.map(ScenarioResult::cells));
        let together = (!self.reports.is_empty()).then(|| Finding::table([&self.mttr]));
        let mut sections = vec![
            Section::new("", "whole", [Block::Table(results)]),
            Section::new("", "whole", together),
        ];
        sections.extend(self.beside_earlier_runs(|trend| trend.movement.moved().is_some()));
        let document = Document {
            heading: format!("{}: {}", self.suite, self.verdict.name()),
            why: self.verdict.reason(),
            sections,
        };
        document.to_markdown()
    }

    /// What earlier runs say about this one, with those trends that are shown.
    pub(super) fn beside_earlier_runs(&self, is_shown: fn(&&Trend) -> bool) -> [Section; 2] {
        let changes = self.since_last.iter().map(Change::words);
        let changes = [Block::List(changes.collect())];
        let regressions = self.trend.iter().filter_map(Trend::regression);
        let regressions = regressions.map(Block::Paragraph);
        let shown = Trend::table(self.trend.iter().filter(is_shown));
        let unread = self.unread.iter();
        let unread = unread.map(|problem| format!("Left out, as it can't be read: {problem}"));
        let movements = self.trend.iter().map(|trend| &trend.movement);
        let tally = Movement::tally(movements).map(Block::from);
        let trend = regressions.chain(tally).chain([shown]);
        let trend = trend.chain(unread.map(Block::from));
        [
            Section::new("Since the last run", "whole", changes),
            Section::new("Over the runs", "whole", trend),
        ]
    }

    /// The result of each scenario, with the report of those that were run.
    pub(super) fn results(&self) -> impl Iterator<Item = (&ScenarioResult, Option<&Report>)> {
        let mut reports = self.reports.iter().peekable();
        self.scenarios.iter().map(move |result| {
            let report = reports.next_if(|report| report.scenario == result.scenario);
            (result, report)
        })
    }
}

/// The worst verdict, of which a violated scenario is worse than one that shows nothing.
///
/// The mean time to repair adds nothing: it is beyond its limit only if that of a scenario is.
fn verdict(scenarios: &[ScenarioResult]) -> Verdict {
    let severity = |verdict: &Verdict| match verdict {
        Verdict::Met => 0,
        Verdict::Inconclusive { .. } | Verdict::NotApplicable { .. } => 1,
        Verdict::NotRun { .. } => 2,
        Verdict::Violated => 3,
        Verdict::Aborted { .. } => 4,
    };
    // The first of several.
    let latest_first = scenarios.iter().rev();
    let Some(worst) = latest_first.max_by_key(|result| severity(&result.verdict)) else {
        return Verdict::inconclusive("there were no scenarios");
    };
    let name = &worst.scenario;
    let about = |why: &String| format!("`{name}`: {why}");
    match &worst.verdict {
        Verdict::Aborted { why } => Verdict::Aborted { why: about(why) },
        Verdict::NotRun { why } => Verdict::NotRun { why: about(why) },
        Verdict::Inconclusive { why, needed } => Verdict::Inconclusive {
            why: about(why),
            needed: *needed,
        },
        other => other.clone(),
    }
}

/// The mean of the times to repair beside the mean of their limits.
fn mttr(reports: &[Report]) -> Finding {
    let all = reports
        .iter()
        .filter_map(|report| report.finding(Indicator::Mttr));
    let all: Vec<_> = all.collect();
    let is_failed = |finding: &&&Finding| !matches!(finding.verdict, Verdict::NotApplicable { .. });
    let failed: Vec<_> = all.iter().filter(is_failed).copied().collect();
    let limited = if failed.is_empty() { &all } else { &failed };
    let limit = mean(limited.iter().map(|finding| finding.limit));
    let unknown = failed.iter().filter(|finding| finding.measured.is_none());
    let unknown = unknown.max_by_key(|finding| finding.verdict == Verdict::Violated);
    let (measured, verdict) = match unknown {
        _ if failed.is_empty() => (None, Verdict::not_applicable("no second failed")),
        Some(unknown) => (None, unknown.verdict.clone()),
        None => {
            let measured = failed.iter().filter_map(|finding| finding.measured);
            let measured: Vec<Estimate> = measured.collect();
            let mean = |pick: fn(&Estimate) -> f64| mean(measured.iter().map(pick));
            let measured = Estimate::new(
                mean(|it| it.value),
                mean(|it| it.lower),
                mean(|it| it.upper),
            );
            (Some(measured), Verdict::of_time(limit, &measured))
        }
    };
    Finding::new(Indicator::Mttr, limit, measured, verdict)
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len().max(1) as f64;
    // The sum of nothing would be -0.
    values.fold(0.0, |sum, value| sum + value) / count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(scenario: &str, verdict: Verdict) -> ScenarioResult {
        ScenarioResult {
            scenario: scenario.to_owned(),
            verdict,
            remarks: Vec::new(),
            path: None,
        }
    }

    /// The report of a scenario that took so long to repair, within a limit.
    fn report(scenario: &str, took: Option<f64>, limit: f64) -> Report {
        let mttr = Finding {
            indicator: Indicator::Mttr,
            limit,
            measured: took.map(|took| Estimate::new(took, took - 1.0, took)),
            verdict: match took {
                Some(took) if took <= limit => Verdict::Met,
                Some(_) => Verdict::Violated,
                None => Verdict::not_applicable("no second failed"),
            },
        };
        Report {
            version: REPORT_VERSION,
            started: None,
            scenario: scenario.to_owned(),
            fingerprint: None,
            verdict: mttr.verdict.clone(),
            findings: vec![mttr],
            reached: Vec::new(),
            control_group: None,
            fates: Vec::new(),
            broken_rules: Vec::new(),
            readings: Vec::new(),
            recovery: None,
            timeline: Vec::new(),
            stages: Vec::new(),
            lost_entries: 0,
            caveats: Vec::new(),
            series: None,
        }
    }

    #[test]
    fn a_violated_scenario_is_worse_than_one_that_shows_nothing_and_an_aborted_one_is_the_worst() {
        let idle = result("idle", Verdict::NotRun { why: "idle".into() });
        let slow = result("slow", Verdict::Violated);
        let stopped = result("stopped", Verdict::Aborted { why: "why".into() });
        let met = result("met", Verdict::Met);
        assert_eq!(verdict(&[met.clone(), met.clone()]), Verdict::Met);
        assert_eq!(
            verdict(&[met, idle.clone()]),
            Verdict::NotRun {
                why: "`idle`: idle".into()
            }
        );
        let all = [idle, slow, stopped];
        assert_eq!(verdict(&all[..2]), Verdict::Violated);
        let why = "`stopped`: why".to_owned();
        assert_eq!(verdict(&all), Verdict::Aborted { why });
        assert!(matches!(verdict(&[]), Verdict::Inconclusive { .. }));
    }

    #[test]
    fn the_time_to_repair_is_the_mean_of_the_scenarios_in_which_something_failed() {
        let absorbed = report("absorbed", None, 30.0);
        assert!(matches!(
            mttr(std::slice::from_ref(&absorbed)).verdict,
            Verdict::NotApplicable { .. }
        ));
        let reports = [
            absorbed,
            report("quick", Some(2.0), 30.0),
            report("slow", Some(40.0), 30.0),
        ];
        let mean = mttr(&reports);
        assert_eq!(mean.measured, Some(Estimate::new(21.0, 20.0, 21.0)));
        assert_eq!((mean.limit, mean.verdict), (30.0, Verdict::Met));
        assert_eq!(mttr(&reports[2..]).verdict, Verdict::Violated);
    }
}
