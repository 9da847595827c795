//! The report of a suite.

use super::Document;
use crate::report::{Finding, ScenarioResult, SuiteReport};

impl SuiteReport {
    /// The report as Markdown, for people.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut out = Document::about(&self.suite, &self.verdict);
        let results = self.scenarios.iter().map(ScenarioResult::cells);
        out.table(["scenario", "verdict", ""], results.collect());
        out.table(Finding::HEAD, vec![self.mttr.cells()]);
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
