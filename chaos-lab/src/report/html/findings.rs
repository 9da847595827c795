//! Findings, each with its interval against its limit.

use chaos_page::{GoodSide, Interval, Markup, begin_row, begin_table, end_table};

use super::{class, judged};
use crate::report::Finding;
use crate::statistics::Estimate;

/// A table of findings.
pub(super) fn findings<'a>(out: &mut Markup, findings: impl IntoIterator<Item = &'a Finding>) {
    let [name, limit, measured, bounds, verdict] = Finding::HEAD;
    let drawn = "against the limit";
    begin_table(
        out,
        "objectives",
        &[name, limit, measured, bounds, drawn, verdict],
    );
    for finding in findings {
        let [words @ .., _] = finding.cells();
        begin_row(out, &words);
        out.put("<td class=\"drawn\">", &[]);
        if let Some(measured) = &finding.measured {
            interval(finding, measured).draw(out, &class(&finding.verdict));
        }
        out.put("<td>", &[]);
        judged(out, &finding.verdict);
    }
    end_table(out);
}

fn interval(finding: &Finding, measured: &Estimate) -> Interval {
    Interval {
        // Where a single look decides, bounds say nothing about the verdict.
        bounds: match finding.indicator.is_decided_by_one() {
            true => [measured.value; 2],
            false => [measured.lower, measured.upper],
        },
        value: measured.value,
        limit: finding.limit,
        good: match finding.indicator.is_better_when_high() {
            true => GoodSide::Above,
            false => GoodSide::Below,
        },
    }
}
