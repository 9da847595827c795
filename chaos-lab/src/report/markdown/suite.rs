//! The report of a suite.

use super::about;
use crate::report::{Finding, ScenarioResult, SuiteReport};

impl SuiteReport {
    /// The report as Markdown, for people.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut out = about(&self.suite, &self.verdict);
        let results = self.scenarios.iter().map(ScenarioResult::cells);
        out.table(["scenario", "verdict", ""], results.collect());
        if !self.reports.is_empty() {
            out.table(Finding::HEAD, vec![self.mttr.cells()]);
        }
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
