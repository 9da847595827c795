//! A row for each scenario, all of them on the same scales.

use chaos_page::{Markup, Strip, begin_table, mark, share};

use super::over_time::{Quantity, strip};
use super::suite::Scenario;
use crate::report::units::or_nothing;
use crate::report::{Fate, Indicator};

/// A quantity, and the highest value of it in any scenario.
struct Scale(Quantity, f64);

/// A table with a row for each scenario.
pub(super) fn rows(out: &mut Markup, scenarios: &[Scenario<'_>]) {
    let scales = [Quantity::Failed, Quantity::Latency].map(|quantity| {
        let reports = scenarios.iter().filter_map(|scenario| scenario.report);
        let highest = reports.filter_map(|report| quantity.highest(report));
        Scale(quantity, quantity.top(highest.fold(0.0, f64::max)))
    });
    out.put(
        "<section><h2>All scenarios</h2><p class=\"note\">All rows have the same scales. Shaded: the time of the fault. \
         <i class=\"treated\"></i> struck requests, <i class=\"untreated\"></i> the others.</p>\n",
        &[],
    );
    let [failed, latency] = scales.each_ref().map(|Scale(quantity, top)| {
        format!("{}, 0 to {}", quantity.name(), quantity.unit().format(*top))
    });
    let fates = "absorbed, surfaced";
    begin_table(
        out,
        "scenarios",
        &[
            "", "scenario", &failed, &latency, fates, "repair", "recovery",
        ],
    );
    for scenario in scenarios {
        row(out, scenario, &scales);
    }
    out.put("</table>\n</section>\n", &[]);
}

fn row(out: &mut Markup, scenario: &Scenario<'_>, scales: &[Scale]) {
    let (result, report) = (scenario.result, scenario.report);
    let verdict = result.verdict.name();
    out.put("\n<tr class=\"{}\"><td>", &[&verdict.replace(' ', "-")]);
    mark(out, verdict);
    out.put(
        "<span class=\"hidden\">{}</span><th><a href=\"#s{}\">{}</a>",
        &[&verdict, &scenario.number, &result.scenario],
    );
    for remark in &result.remarks {
        out.put_words("<small>", remark, "</small>");
    }
    for Scale(quantity, top) in scales {
        out.put("<td class=\"drawn\">", &[]);
        if let Some(row) = report.and_then(|report| strip(report, *quantity)) {
            Strip { top: *top, ..row }.draw(out);
        }
    }
    out.put("<td class=\"drawn\">", &[]);
    let fates = report.map_or(&[][..], |report| &report.fates);
    if !fates.is_empty() {
        let parts = Fate::parts(fates);
        share(out, parts, parts.iter().map(|(_, count)| count).sum());
        let [(_, absorbed), (_, surfaced), _] = &parts;
        out.put("<small>{}, {}</small>", &[absorbed, surfaced]);
    }
    for indicator in [Indicator::Mttr, Indicator::Recovery] {
        let measured = report.and_then(|report| report.finding(indicator)?.measured);
        let took = measured.map(|took| indicator.unit().format(took.value));
        out.put("<td>{}", &[&or_nothing(took)]);
    }
}
