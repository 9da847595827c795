//! Writes a comparison as Markdown, for a pull request.

use chaos_page::Document;

use crate::comparison::{Comparison, GroupComparison, ScenarioComparison};
use crate::words::HEAD;

impl Comparison {
    /// The comparison as Markdown, for a pull request.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut out = Document::default();
        out.paragraph(format!("# {}", self.heading()));
        if let Some(why) = self.verdict.reason() {
            out.paragraph(format!("{why}."));
        }
        let findings = self.findings().into_iter();
        let findings = findings.map(|[name, found]| format!("**{name}**{found}"));
        out.list(&findings.collect::<Vec<_>>());
        for scenario in &self.scenarios {
            write_scenario(&mut out, scenario);
        }
        out.paragraph(self.caution());
        out.into_text()
    }
}

fn write_scenario(out: &mut Document, scenario: &ScenarioComparison) {
    out.paragraph(format!("## {}", scenario.scenario));
    if let Some(why) = &scenario.incomparable {
        return out.paragraph(format!("Can't be compared: {why}."));
    }
    let rows = scenario.groups.iter().flat_map(GroupComparison::rows);
    out.table(HEAD, rows.map(|(row, _)| row).collect());
    out.list(&scenario.all_caveats());
}
