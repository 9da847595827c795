//! Writes a comparison as a page.

use chaos_page::{GoodSide, Interval, Markup, Page, begin_row, begin_table, end_table};

use crate::change::{Change, Effect};
use crate::comparison::{Comparison, GroupComparison, ScenarioComparison};
use crate::words::HEAD;

/// What the words of the page mean.
const FOOTER: &str = "A is the first build, and B the second. Each request is compared with itself in the other build: failures by \
    McNemar's exact test, with bounds of Tango for pairs, and latencies by the sign test, with bounds by ranks. All probabilities \
    are adjusted by the method of Holm. Shaded: B is worse. A hollow point: the interval has 0 in it.";

impl Comparison {
    /// The comparison as a page that needs nothing but itself, for people.
    #[must_use]
    pub fn to_html(&self) -> String {
        let mut main = Markup::default();
        for [name, found] in self.findings() {
            main.put("<p><b>{}</b>", &[&name]);
            main.put_words("", &found, "</p>\n");
        }
        for scenario in &self.scenarios {
            scenario.write_html(&mut main);
        }
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
}

impl ScenarioComparison {
    fn write_html(&self, out: &mut Markup) {
        out.put("<section><h2>{}</h2>", &[&self.scenario]);
        let why = self.incomparable.iter();
        let why = why.map(|why| format!("Can't be compared: {why}."));
        if self.incomparable.is_none() {
            let [head @ .., effect] = HEAD;
            let head: Vec<_> = head.into_iter().chain(["difference", effect]).collect();
            begin_table(out, "changes", &head);
            for (row, change) in self.groups.iter().flat_map(GroupComparison::rows) {
                let [cells @ .., effect] = &row;
                begin_row(out, cells);
                out.put("<td class=\"drawn\">", &[]);
                if let Some(change) = change {
                    draw(out, change);
                }
                out.put("<td>{}", &[effect]);
            }
            end_table(out);
        }
        for words in why.chain(self.all_caveats()) {
            out.put_words("<p>", &words, "</p>");
        }
        out.put("</section>\n", &[]);
    }
}

fn draw(out: &mut Markup, change: &Change) {
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
    interval.draw(out, class);
}
