//! What pages draw.

use super::beside_earlier_runs;
use super::made_up::{Target, run, suite};
use crate::report::{Indicator, Report};

/// What is drawn in the row of an indicator.
fn row(report: &Report, indicator: Indicator) -> String {
    let page = report.to_html();
    let row = page
        .split("<tr>")
        .find(|row| row.starts_with(&format!("<th>{indicator}<")));
    row.unwrap().to_owned()
}

#[test]
fn an_interval_lies_against_its_limit() {
    let report = run("payments refused", Target::Fails, 1);
    let rate = row(&report, Indicator::ErrorRate);
    assert!(rate.contains("svg class=\"interval violated\""), "{rate}");
    assert!(rate.contains("class=\"beyond\" d=\"M115 1H1000V"), "{rate}");
    let availability = row(&report, Indicator::Availability);
    assert!(
        availability.contains("class=\"beyond\" d=\"M115 1H0V"),
        "{availability}"
    );
    assert!(
        availability.contains("class=\"whisker\" d=\"M656 8v10m0-5H885m0-5v10\""),
        "{availability}"
    );
    // Where one failed request decides, the bounds are no reason.
    let surfaced = row(&report, Indicator::Absorption);
    assert!(
        surfaced.contains("class=\"whisker\" d=\"M885 8v10m0-5H885m0-5v10\""),
        "{surfaced}"
    );
    let absorbed = run("slow payments", Target::Absorbs, 1);
    assert!(!row(&absorbed, Indicator::Mttr).contains("interval"));
}

#[test]
fn curves_have_the_time_of_the_fault_shaded_and_their_limit() {
    let report = run("payments refused", Target::Fails, 1);
    let page = report.to_html();
    let failed = page
        .split("<h4>")
        .find(|part| part.starts_with("failed requests"))
        .unwrap();
    assert!(
        failed.starts_with("failed requests<span class=\"limit\">limit 5 %</span>"),
        "{failed}"
    );
    assert!(
        failed.contains("<span class=\"scale\">100 %</span>"),
        "{failed}"
    );
    assert!(
        failed.contains(
            "<path class=\"shaded\" d=\"M20 0V90H50V0\"/><path class=\"limit\" d=\"M0 85H70\"/>"
        ),
        "{failed}"
    );
    assert!(
        failed.contains("<dt>struck</dt><dd>80.6 %</dd>"),
        "{failed}"
    );
    let latency = page
        .split("<h4>")
        .find(|part| part.starts_with("latency"))
        .unwrap();
    // That of the degradation, above the latency before.
    assert!(
        latency.starts_with("latency, p95<span class=\"limit\">limit 526 ms</span>"),
        "{latency}"
    );
    assert!(!page.contains("<h4>failed health probes"));
    let down = run("down", Target::IsDown, 1).to_html();
    assert!(down.contains("<h4>failed health probes"));
}

#[test]
fn what_was_not_met_comes_first_and_open() {
    let page = suite("standard", 45).to_html();
    // What surfaced in a scenario that is met is no more than it expects.
    let lessons =
        &page[page.find("What to do").unwrap()..page.find("All scenarios together").unwrap()];
    assert!(
        lessons.contains("payments refused") && !lessons.contains("payments fail for a second"),
        "{lessons}"
    );
    let details: Vec<&str> = page.split("<details").skip(1).collect();
    let names = [
        " open><summary><h3>payments lost entirely",
        " open><summary><h3>payments refused",
    ];
    for (details, name) in details.iter().zip(names) {
        assert!(details.starts_with(name), "{details}");
    }
    let closed: Vec<_> = details
        .iter()
        .map(|details| details.starts_with("><summary>"))
        .collect();
    assert_eq!(closed.len(), 46);
    assert!(
        closed.iter().skip(8).all(|closed| *closed) && !closed[..8].contains(&true),
        "{closed:?}"
    );
    let rows = page
        .split("<tr class=")
        .skip(1)
        .map(|row| row.split('"').nth(1).unwrap());
    let verdicts: Vec<_> = rows.take(9).collect();
    let expected = [
        "aborted",
        "violated",
        "violated",
        "violated",
        "violated",
        "not-run",
        "not-run",
        "inconclusive",
        "met",
    ];
    assert_eq!(verdicts, expected);
}

#[test]
fn markdown_has_what_moved_and_a_page_each_indicator_over_the_runs() {
    let suite = beside_earlier_runs();
    let markdown = suite.to_markdown();
    let expected = "\
## Since the last run

- **`first`**: verdict: violated before, now met.
- **`third`**: fault `latency` at `charge` of payments: none before, now all.

## Over the runs

**Regression of `first`, error rate**: 8 % since the run of 2026-01-07T00:00:00Z, 2.4 % before it, a difference of 5.6 % (4.5 % to 6.7 %).

Indicators of scenarios: regression 1, improvement 0, steady 1, too few runs 1.

| scenario | indicator | runs that count | latest | trend |
|---|---|---|---|---|
| first | error rate | 7 of 8 | 8 % (7 % to 9 %) | regression since 2026-01-07T00:00:00Z |

Left out, as it can't be read: 2026-01-03/report.json: EOF
";
    assert!(markdown.ends_with(expected), "{markdown}");
    let page = suite.to_html();
    assert_eq!(page.matches("<svg class=\"runs ").count(), 3);
    let shaded = "<svg class=\"runs regression\" viewBox=\"0 0 80 40\" preserveAspectRatio=\"none\">\
        <path class=\"since\" d=\"M60 0H80V40H60z\"/>";
    assert!(page.contains(shaded), "{page}");
}
