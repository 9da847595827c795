//! The report of a run.

use chaos_page::Document;

use super::about;
use crate::report::words::Table;
use crate::report::{
    BrokenRule, ControlGroup, ExperimentReached, Fate, Finding, MovedReading, Report, StageSummary,
};

impl Report {
    /// The report as Markdown, for people.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut out = about(&self.scenario, &self.verdict);
        section(
            &mut out,
            Table {
                heading: "Objectives",
                head: Finding::HEAD,
                rows: self.findings.iter().map(Finding::cells).collect(),
            },
        );
        let broken = self.broken_rules.iter().map(BrokenRule::words);
        broken.for_each(|words| emphasized(&mut out, &words));
        section(&mut out, MovedReading::table(&self.readings));
        section(&mut out, ExperimentReached::table(&self.reached));
        section(
            &mut out,
            Table {
                heading: Fate::HEADING,
                head: Fate::HEAD,
                rows: self.fates.iter().map(Fate::cells).collect(),
            },
        );
        let lessons = self.fates.iter().filter_map(Fate::lesson);
        lessons.for_each(|words| emphasized(&mut out, &words));
        if let Some(control) = &self.control_group {
            out.paragraph(format!("## {}", ControlGroup::HEADING));
            out.paragraph(control.sentences().join("\n"));
        }
        if let Some(recovery) = &self.recovery {
            section(&mut out, recovery.table());
            out.paragraph(recovery.sentence());
        }
        section(&mut out, StageSummary::table(&self.stages));
        if !self.caveats.is_empty() {
            out.paragraph("## Caveats");
            out.list(&self.caveats);
        }
        out.into_text()
    }
}

/// A table with a heading, unless it has no rows.
fn section<const N: usize>(out: &mut Document, table: Table<N>) {
    if !table.rows.is_empty() {
        out.paragraph(format!("## {}", table.heading));
        out.table(table.head, table.rows);
    }
}

/// What was found and what it means, in a paragraph.
fn emphasized(out: &mut Document, [found, meaning]: &[String; 2]) {
    out.paragraph(format!("**{found}**{meaning}"));
}
