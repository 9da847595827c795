//! Writes reports as pages, for people.

mod findings;
mod over_time;
mod rows;
mod run;
mod suite;

use chaos_page::{Markup, mark};

use super::words::Lesson;
use crate::Verdict;

/// What the words of a page mean.
const FOOTER: &str = "Each bound by itself is wrong in at most 5 % of all measurements: it is that of Clopper and Pearson for a \
    share, of Newcombe for a difference of shares, a rank for a percentile, and of MOVER for a difference of percentiles. Met: the \
    bound of the true value is within the limit. Violated: the other bound is beyond it. Inconclusive: neither. Availability: \
    the good health probes, from the start of the fault on. Mean time to repair: from the first failed second to the first of five \
    steady ones. Recovery: from the end of the fault to the first of five steady seconds. Absorbed: the struck request succeeded \
    while the fault was in force. Surfaced: it failed. Unknown: the injection belongs to no request of the load, or to one that \
    succeeded only after the fault was over. The limit of the latency is that of its degradation above the latency before.";

/// The class of what a verdict colours.
fn class(verdict: &Verdict) -> String {
    verdict.name().replace(' ', "-")
}

/// A verdict with its mark and its reason.
fn judged(out: &mut Markup, verdict: &Verdict) {
    out.put("<span class=\"judged {}\">", &[&class(verdict)]);
    mark(out, verdict.name());
    out.put(" <b>{}</b>", &[&verdict.name()]);
    if let Some(why) = verdict.reason() {
        out.words(&format!(": {why}"));
    }
    out.put("</span>", &[]);
}

/// What was found and what it means, in a paragraph.
fn lesson(out: &mut Markup, Lesson { found, meaning }: &Lesson) {
    out.put_words("<p><b>", found, "</b>");
    out.put_words("", meaning, "</p>");
}
