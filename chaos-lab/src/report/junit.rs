//! Writes reports as JUnit XML, for CI systems.

use chaos_page::Markup;

use super::{Fate, Happening, Report, ScenarioResult, SuiteReport, Trend};
use crate::Verdict;

impl SuiteReport {
    /// The report as JUnit XML, in which each scenario is a test case.
    ///
    /// A violated scenario is a failure, and an aborted one an error. One that is inconclusive or was not run is skipped.
    #[must_use]
    pub fn to_junit(&self) -> String {
        let count = |of: fn(&Verdict) -> bool| {
            let verdicts = self.scenarios.iter().map(|result| &result.verdict);
            verdicts.filter(|verdict| of(verdict)).count()
        };
        let all = self.scenarios.len();
        let failures = count(|verdict| *verdict == Verdict::Violated);
        let errors = count(|verdict| matches!(verdict, Verdict::Aborted { .. }));
        let skipped = count(is_skipped);
        let time: f64 = self.reports.iter().map(Report::seconds).sum();
        let mut out = Markup::default();
        out.put(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n",
            &[],
        );
        out.put(
            "<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\">\n",
            &[&self.suite, &all, &failures, &errors, &skipped, &format_args!("{time:.3}")],
        );
        for (result, report) in self.results() {
            self.write_case(&mut out, result, report);
        }
        out.put("</testsuite>\n</testsuites>\n", &[]);
        out.as_str().to_owned()
    }

    fn write_case(&self, out: &mut Markup, result: &ScenarioResult, report: Option<&Report>) {
        let seconds = report.map_or(0.0, Report::seconds);
        out.put(
            "<testcase classname=\"{}\" name=\"{}\" time=\"{}\">",
            &[&self.suite, &result.scenario, &format_args!("{seconds:.3}")],
        );
        let first = result.remarks.first().map_or("", String::as_str);
        let details = report.into_iter().flat_map(Report::lines);
        let of_it = self
            .trend
            .iter()
            .filter(|trend| trend.scenario == result.scenario);
        let regressions = of_it
            .filter_map(Trend::regression)
            .map(|words| words.concat());
        let remarks = result.remarks.iter().cloned();
        let all: Vec<_> = remarks.chain(regressions).chain(details).collect();
        let all = all.join("\n");
        match result.verdict {
            Verdict::Met => out.put("<system-out>{}</system-out>", &[&all]),
            Verdict::Violated => out.put(
                "<failure type=\"violated\" message=\"{}\">{}</failure>",
                &[&first, &all],
            ),
            Verdict::Aborted { .. } => out.put(
                "<error type=\"aborted\" message=\"{}\">{}</error>",
                &[&first, &all],
            ),
            _ => out.put(
                "<skipped message=\"{}: {}\"/><system-out>{}</system-out>",
                &[&result.verdict.name(), &first, &all],
            ),
        }
        out.put("</testcase>\n", &[]);
    }
}

fn is_skipped(verdict: &Verdict) -> bool {
    !matches!(
        verdict,
        Verdict::Met | Verdict::Violated | Verdict::Aborted { .. }
    )
}

impl Report {
    /// The report as JUnit XML, as that of a suite with its name and one scenario.
    #[must_use]
    pub fn to_junit(&self) -> String {
        let result = ScenarioResult::of(self, "");
        SuiteReport::new(&self.scenario, vec![result], vec![self.clone()]).to_junit()
    }

    /// Its lessons and what happened, line by line.
    fn lines(&self) -> Vec<String> {
        let lessons = self.fates.iter().filter_map(Fate::lesson);
        let lessons = lessons.map(|[found, meaning]| found + &meaning);
        lessons
            .chain(self.timeline.iter().map(Happening::line))
            .collect()
    }

    fn seconds(&self) -> f64 {
        let lasted = self.stages.iter().map(|stage| stage.lasted.0);
        lasted.map(|lasted| lasted.as_secs_f64()).sum()
    }
}
