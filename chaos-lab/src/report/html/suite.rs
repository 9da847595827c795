//! The page of a suite.

use chaos_page::{Block, Document, Markup, Page, mark, write_verdict};

use super::FOOTER;
use super::rows::rows;
use crate::Verdict;
use crate::report::headline::tally;
use crate::report::{Fate, Finding, Report, ScenarioResult, SuiteReport};

/// A scenario with its number, which links to it have.
pub(super) struct Scenario<'a> {
    pub(super) number: usize,
    pub(super) result: &'a ScenarioResult,
    pub(super) report: Option<&'a Report>,
}

impl SuiteReport {
    /// The report as a page that needs nothing but itself, for people.
    #[must_use]
    pub fn to_html(&self) -> String {
        let results = self.results().zip(1..);
        let scenarios = results.map(|((result, report), number)| Scenario {
            number,
            result,
            report,
        });
        let mut scenarios: Vec<_> = scenarios.collect();
        let mut main = Markup::default();
        write_marks(&mut main, &scenarios);
        // What was not met comes first.
        scenarios.sort_by_key(|scenario| urgency(&scenario.result.verdict));
        rows(&mut main, &scenarios);
        write_lessons(&mut main, &scenarios);
        let beside = Document {
            heading: String::new(),
            why: None,
            sections: self.beside_earlier_runs(|_| true).into(),
        };
        beside.write(&mut main, "<h2>{}</h2>");
        main.put("<section><h2>All scenarios together</h2>", &[]);
        Finding::table([&self.mttr]).write(&mut main);
        main.put("</section>\n<section><h2>Each in detail</h2>\n", &[]);
        for scenario in &scenarios {
            scenario.write_details(&mut main);
        }
        main.put("</section>", &[]);
        let verdicts = self.scenarios.iter().map(|result| &result.verdict);
        let page = Page {
            name: &self.suite,
            verdict: self.verdict.name(),
            headline: &self.headline(),
            story: &[tally("Scenarios", verdicts)],
            footer: FOOTER,
        };
        page.with(&main)
    }
}

impl Scenario<'_> {
    fn write_details(&self, out: &mut Markup) {
        let verdict = &self.result.verdict;
        out.put("<details", &[]);
        if *verdict != Verdict::Met {
            out.put(" open", &[]);
        }
        out.put("><summary><h3>{}</h3>", &[&self.result.scenario]);
        write_verdict(out, verdict.name(), verdict.reason().as_deref());
        // Within what a browser unfolds for a link that leads to it.
        out.put("</summary><div id=\"s{}\">", &[&self.number]);
        if let Some(report) = self.report {
            report.document().write(out, "<h4>{}</h4>");
        }
        if let Some(path) = &self.result.path {
            out.put(
                "<p class=\"note\">Its own report: <code>{}</code></p>",
                &[path],
            );
        }
        out.put("</div></details>\n", &[]);
    }
}

/// The marks of all scenarios in their order, each a link.
fn write_marks(out: &mut Markup, scenarios: &[Scenario<'_>]) {
    out.put("<nav aria-label=\"Scenarios\"><ol>", &[]);
    for Scenario { number, result, .. } in scenarios {
        let (verdict, name) = (result.verdict.name(), &result.scenario);
        out.put(
            "<li><a href=\"#s{}\" title=\"{}: {}\">",
            &[number, name, &verdict],
        );
        mark(out, verdict);
        out.put(
            "<span class=\"hidden\">{}: {}</span></a></li>",
            &[name, &verdict],
        );
    }
    out.put("</ol></nav>\n", &[]);
}

fn write_lessons(out: &mut Markup, scenarios: &[Scenario<'_>]) {
    let not_met = scenarios
        .iter()
        .filter(|one| one.result.verdict != Verdict::Met);
    let lessons = not_met.flat_map(|scenario| {
        let fates = scenario.report.map_or(&[][..], |report| &report.fates);
        let lessons = fates.iter().filter_map(Fate::lesson);
        lessons.map(move |lesson| (scenario, lesson))
    });
    let mut lessons = lessons.peekable();
    if lessons.peek().is_none() {
        return;
    }
    out.put("<section><h2>What to do</h2><ol class=\"lessons\">", &[]);
    for (Scenario { number, result, .. }, one) in lessons {
        out.put("<li>", &[]);
        Block::Paragraph(one).write(out);
        out.put(
            "<p class=\"note\">From <a href=\"#s{}\">{}</a>.</p></li>\n",
            &[number, &result.scenario],
        );
    }
    out.put("</ol></section>\n", &[]);
}

/// The order in which scenarios are to be looked at.
fn urgency(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Aborted { .. } => 0,
        Verdict::Violated => 1,
        Verdict::NotRun { .. } => 2,
        Verdict::Inconclusive { .. } | Verdict::NotApplicable { .. } => 3,
        Verdict::Met => 4,
    }
}
