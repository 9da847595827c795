//! The report of a run.

use super::Document;
use crate::report::words::Lesson;
use crate::report::{
    BrokenRule, ControlGroup, ExperimentReached, Fate, Finding, MovedReading, Recovery, Report,
    StageSummary,
};

impl Report {
    /// The report as Markdown, for people.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut out = Document::about(&self.scenario, &self.verdict);
        let findings = self.findings.iter().map(Finding::cells).collect();
        out.section("Objectives", Finding::HEAD, findings);
        let broken = self.broken_rules.iter().map(BrokenRule::words);
        out.paragraphs(broken.map(|[found, how]| format!("**{found}**{how}")));
        let readings = self.readings.iter().map(MovedReading::cells).collect();
        out.section(MovedReading::HEADING, MovedReading::HEAD, readings);
        let reached = self.reached.iter().flat_map(ExperimentReached::rows);
        out.section(
            ExperimentReached::HEADING,
            ExperimentReached::HEAD,
            reached.collect(),
        );
        let fates = self.fates.iter().map(Fate::cells).collect();
        out.section(Fate::HEADING, Fate::HEAD, fates);
        let lessons = self.fates.iter().filter_map(Fate::lesson);
        out.paragraphs(lessons.map(|Lesson { found, meaning }| format!("**{found}**{meaning}")));
        if let Some(control) = &self.control_group {
            out.paragraph(format!("## {}", ControlGroup::HEADING));
            out.paragraph(control.sentences().join("\n"));
        }
        if let Some(recovery) = &self.recovery {
            out.section(Recovery::HEADING, Recovery::HEAD, recovery.rows());
            out.paragraph(recovery.sentence());
        }
        let stages = self.stages.iter().map(StageSummary::cells).collect();
        out.section("Stages", StageSummary::HEAD, stages);
        if !self.caveats.is_empty() {
            out.paragraph("## Caveats");
            out.paragraph(format!("- {}", self.caveats.join("\n- ")));
        }
        out.into_text()
    }
}
