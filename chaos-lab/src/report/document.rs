//! The report of a run, section by section.

use std::iter::once;

use chaos_page::{Block, Document, Section};

use super::html::strips;
use super::{
    ControlGroup, ExperimentReached, Fate, Finding, Happening, MovedReading, Report, StageSummary,
};

impl Report {
    /// The report as Markdown, for people.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        self.document().to_markdown()
    }

    /// Everything that is known of the run.
    pub(super) fn document(&self) -> Document {
        let broken = self
            .broken_rules
            .iter()
            .map(|rule| Block::Paragraph(rule.words()));
        let lessons = self.fates.iter().filter_map(Fate::lesson);
        let control_group = self.control_group.iter().map(ControlGroup::words);
        let recovery = self.recovery.iter();
        let recovery = recovery.flat_map(|one| [one.list(), one.sentence().into()]);
        let caveats = self.caveats.iter().map(|one| [String::new(), one.clone()]);
        Document {
            heading: format!("{}: {}", self.scenario, self.verdict.name()),
            why: self.verdict.reason(),
            sections: vec![
                Section::new(
                    "Objectives",
                    "whole",
                    once(Finding::table(&self.findings)).chain(broken),
                ),
                Section::new(
                    "Business readings",
                    "whole",
                    [MovedReading::table(&self.readings)],
                ),
                Section::new("", "whole", strips(self).map(Block::Drawing)),
                Section::new(
                    "What was asked, and what was reached",
                    "narrow",
                    [ExperimentReached::table(&self.reached)],
                ),
                Section::new(
                    "What became of the struck requests",
                    "wide",
                    once(Fate::table(&self.fates)).chain(lessons.map(Block::Paragraph)),
                ),
                Section::new(
                    "Struck requests beside the others of the same time",
                    "whole",
                    control_group.map(Block::from),
                ),
                Section::new("How the target came back", "wide", recovery),
                Section::new(
                    "What happened",
                    "wide",
                    Happening::paragraph(&self.timeline),
                ),
                Section::new("Stages", "wide", [StageSummary::table(&self.stages)]),
                Section::new("Caveats", "whole", [Block::List(caveats.collect())]),
            ],
        }
    }
}
