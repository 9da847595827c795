//! A comparison as a document: Markdown for a pull request, or a page.

use std::iter::once;

use chaos_page::{Block, Cell, Document, GoodSide, Interval, Markup, Page, Section, Table};

use crate::change::{Change, Effect, LEAST_PAIRS};
use crate::comparison::{Comparison, GroupComparison, ScenarioComparison};
use crate::words::{name, probability, signed, what};

/// What the words of the page mean.
const FOOTER: &str = "A is the first build, and B the second. Each request is compared with itself in the other build: failures by \
    McNemar's exact test, with bounds of Tango for pairs, and latencies by the sign test, with bounds by ranks. All probabilities \
    are adjusted by the method of Holm. Shaded: B is worse. A hollow point: the interval has 0 in it.";

/// The head of the table of a scenario.
const HEAD: [&str; 12] = [
    "fault",
    "",
    "A",
    "B",
    "B − A",
    "at 95 %",
    "worse",
    "better",
    "requests",
    "p",
    "difference",
    "",
];

impl Comparison {
    /// The comparison as Markdown, for a pull request.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        format!("{}\n{}\n", self.document().to_markdown(), self.caution())
    }

    /// The comparison as a page that needs nothing but itself, for people.
    #[must_use]
    pub fn to_html(&self) -> String {
        let mut main = Markup::default();
        self.document().write(&mut main, "<h2>{}</h2>");
        let why = self.verdict.reason().map(|why| format!("{why}."));
        let story: Vec<_> = why.into_iter().chain([self.caution()]).collect();
        let page = Page {
            name: "comparison of two builds",
            verdict: self.verdict.name(),
            headline: &format!("{}.", self.heading()),
            story: &story,
            footer: FOOTER,
        };
        page.with(&main)
    }

    fn document(&self) -> Document {
        let found = Section::new("", "whole", [Block::List(self.findings())]);
        let scenarios = self.scenarios.iter().map(ScenarioComparison::section);
        Document {
            heading: self.heading(),
            why: self.verdict.reason(),
            sections: once(found).chain(scenarios).collect(),
        }
    }
}

impl ScenarioComparison {
    fn section(&self) -> Section {
        let why = self.incomparable.iter();
        let why = why.map(|why| format!("Can't be compared: {why}.").into());
        let rows = self.groups.iter().flat_map(GroupComparison::rows);
        let caveats = self.all_caveats().into_iter();
        let caveats = caveats.map(|one| [String::new(), one]).collect();
        let changes = [
            Block::Table(Table::new("changes", HEAD, rows)),
            Block::List(caveats),
        ];
        Section::new(&self.scenario, "whole", why.chain(changes))
    }
}

impl GroupComparison {
    /// The rows of its changes; one without a change, if there are too few requests.
    fn rows(&self) -> Vec<[Cell; 12]> {
        let subject = self.subject.to_string();
        if self.changes.is_empty() {
            let mut row = [(); 12].map(|()| Cell::Words(String::new()));
            row[0] = subject.into();
            row[8] = self.pairs.to_string().into();
            row[10] = Cell::Drawing(Markup::default());
            row[11] = format!("fewer than {LEAST_PAIRS} requests").into();
            return vec![row];
        }
        let rows = self.changes.iter().map(|change| {
            let unit = change.measure.unit();
            [
                subject.clone().into(),
                what(change.measure).to_owned().into(),
                unit.format(change.a).into(),
                unit.format(change.b).into(),
                signed(unit, change.difference.value).into(),
                unit.format_bounds(&change.difference).into(),
                change.worse.to_string().into(),
                change.better.to_string().into(),
                change.pairs.to_string().into(),
                probability(change.p_value).into(),
                Cell::Drawing(drawing(change)),
                name(change.effect).to_owned().into(),
            ]
        });
        rows.collect()
    }
}

fn drawing(change: &Change) -> Markup {
    let interval = Interval {
        value: change.difference.value,
        bounds: [change.difference.lower, change.difference.upper],
        limit: 0.0,
        good: GoodSide::Below,
    };
    let class = match change.effect {
        Effect::Regression => "violated",
        Effect::Improvement => "met",
        Effect::None => "none",
    };
    let mut drawing = Markup::default();
    interval.draw(&mut drawing, class);
    drawing
}
