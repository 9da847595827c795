//! Writes reports as pages, for people.

mod over_time;
mod rows;
mod suite;

use chaos_page::{Markup, Page};

use super::Report;
use super::headline::tally;

pub(super) use over_time::strips;

/// What the words of a page mean.
const FOOTER: &str = "Each bound by itself is wrong in at most 5 % of all measurements: it is that of Clopper and Pearson for a \
    share, of Newcombe for a difference of shares, a rank for a percentile, and of MOVER for a difference of percentiles. Met: the \
    bound of the true value is within the limit. Violated: the other bound is beyond it. Inconclusive: neither. Availability: \
    the good health probes, from the start of the fault on. Mean time to repair: from the first failed second to the first of five \
    steady ones. Recovery: from the end of the fault to the first of five steady seconds. Absorbed: the struck request succeeded \
    while the fault was in force. Surfaced: it failed. Unknown: the injection belongs to no request of the load, or to one that \
    succeeded only after the fault was over. The limit of the latency is that of its degradation above the latency before.";

impl Report {
    /// The report as a page that needs nothing but itself, for people.
    #[must_use]
    pub fn to_html(&self) -> String {
        let mut main = Markup::default();
        main.put(
            "<section><h2>What happened</h2><h3>{}</h3>",
            &[&self.scenario],
        );
        self.document().write(&mut main, "<h4>{}</h4>");
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
}
