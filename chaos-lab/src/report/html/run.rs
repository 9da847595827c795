//! The page of a run, and its part of the page of a suite.

use std::slice::from_ref;

use chaos_page::{Markup, Page, begin_row, begin_table, end_table, share, table};

use super::findings::findings;
use super::over_time::strips;
use super::{FOOTER, lesson};
use crate::report::words::{Lesson, tally};
use crate::report::{
    BrokenRule, ControlGroup, ExperimentReached, Fate, MovedReading, Recovery, Report, StageSummary,
};

impl Report {
    /// The report as a page that needs nothing but itself, for people.
    #[must_use]
    pub fn to_html(&self) -> String {
        let mut main = Markup::default();
        main.put(
            "<section><h2>What happened</h2><h3>{}</h3>",
            &[&self.scenario],
        );
        self.write_details(&mut main);
        main.put("</section>", &[]);
        let verdicts = self.findings.iter().map(|finding| &finding.verdict);
        let page = Page {
            name: &self.scenario,
            verdict: self.verdict.name(),
            headline: &self.headline(),
            story: &[tally("Objectives", verdicts)],
            footer: FOOTER,
        };
        page.with(&main)
    }

    /// Everything that is known of the run.
    pub(super) fn write_details(&self, out: &mut Markup) {
        for [found, meaning] in self.broken_rules.iter().map(BrokenRule::words) {
            lesson(out, &Lesson { found, meaning });
        }
        heading(out, "Objectives");
        findings(out, &self.findings);
        section(
            out,
            "readings",
            MovedReading::HEADING,
            MovedReading::HEAD,
            self.readings.iter().map(MovedReading::cells).collect(),
        );
        strips(out, self);
        if let Some(control) = &self.control_group {
            heading(out, ControlGroup::HEADING);
            control
                .sentences()
                .iter()
                .for_each(|sentence| paragraph(out, sentence));
        }
        out.put("<div class=\"parts\"><div class=\"wide\">", &[]);
        self.write_fates(out);
        out.put("</div><div>", &[]);
        section(
            out,
            "reached",
            ExperimentReached::HEADING,
            ExperimentReached::HEAD,
            self.reached
                .iter()
                .flat_map(ExperimentReached::rows)
                .collect(),
        );
        out.put("</div><div>", &[]);
        if let Some(recovery) = &self.recovery {
            section(
                out,
                "recovery",
                Recovery::HEADING,
                Recovery::HEAD,
                recovery.rows(),
            );
            paragraph(out, &recovery.sentence());
        }
        out.put("</div><div class=\"wide\">", &[]);
        section(
            out,
            "stages",
            "Stages",
            StageSummary::HEAD,
            self.stages.iter().map(StageSummary::cells).collect(),
        );
        out.put("</div></div>", &[]);
        if !self.caveats.is_empty() {
            heading(out, "Caveats");
            self.caveats
                .iter()
                .for_each(|caveat| paragraph(out, caveat));
        }
    }

    fn write_fates(&self, out: &mut Markup) {
        if self.fates.is_empty() {
            return;
        }
        heading(out, Fate::HEADING);
        let [fault, at, counts @ ..] = Fate::HEAD;
        begin_table(
            out,
            "fates",
            &[fault, at, "", counts[0], counts[1], counts[2]],
        );
        let struck = |fate| parts(from_ref(fate)).iter().map(|(_, count)| count).sum();
        let most = self.fates.iter().map(struck).max().unwrap_or_default();
        for fate in &self.fates {
            let [fault, at, counts @ ..] = fate.cells();
            begin_row(out, [&fault, &at]);
            out.put("<td class=\"drawn\">", &[]);
            share(out, parts(from_ref(fate)), most);
            out.put("<td>{}<td>{}<td>{}", &[&counts[0], &counts[1], &counts[2]]);
        }
        end_table(out);
        self.fates
            .iter()
            .filter_map(Fate::lesson)
            .for_each(|one| lesson(out, &one));
    }
}

/// The struck requests of some fates, by what became of them.
pub(super) fn parts(fates: &[Fate]) -> [(&'static str, u64); 3] {
    let sum = |count: fn(&Fate) -> u64| fates.iter().map(count).sum();
    [
        ("absorbed", sum(|fate| fate.absorbed)),
        ("surfaced", sum(Fate::failed)),
        ("unknown", sum(|fate| fate.unknown)),
    ]
}

fn section<const N: usize>(
    out: &mut Markup,
    class: &'static str,
    name: &'static str,
    head: [&str; N],
    rows: Vec<[String; N]>,
) {
    if !rows.is_empty() {
        heading(out, name);
        table(out, class, head, rows);
    }
}

fn heading(out: &mut Markup, name: &'static str) {
    out.put("<h4>{}</h4>", &[&name]);
}

fn paragraph(out: &mut Markup, words: &str) {
    out.put_words("<p>", words, "</p>\n");
}
