//! What is text stays text, and all of it is there.

use serde_json::Value;

use super::made_up::{Target, run, suite};
use super::{beside_earlier_runs, small, without_series};
use crate::report::{Report, SuiteReport};

/// Keys of texts that no page shows, as another text says the same.
const UNSEEN: [&str; 3] = ["/shortfall", "/pressure/0/kind", "/fingerprint"];

/// A suite in which each text that may be any text is markup, and what a page must show in its place.
pub(super) fn hostile() -> (SuiteReport, Vec<String>) {
    let mut json = serde_json::to_value(suite("standard", 45)).unwrap();
    let reports = json["reports"].as_array_mut().unwrap();
    // One that fails, and one that breaks a rule.
    *reports = vec![reports[3].clone(), reports[9].clone()];
    let results = json["scenarios"].as_array_mut().unwrap();
    *results = vec![results[3].clone(), results[9].clone(), results[45].clone()];
    json["reports"][0]["caveats"] = serde_json::json!(["a caveat"]);
    let beside = serde_json::to_value(beside_earlier_runs()).unwrap();
    for key in ["since_last", "trend", "unread"] {
        json[key] = beside[key].clone();
    }
    let mut places = Vec::new();
    texts(&json, String::new(), &mut places);
    // A report belongs to the scenario of its name.
    places.retain(|place| !(place.starts_with("/reports") && place.ends_with("/scenario")));
    let mut shown = Vec::new();
    for (number, place) in places.iter().enumerate() {
        let before = json.clone();
        let text = format!("<b>{number}</b>\"'&\u{1b}</script><script>alert({number})</script>");
        match place.rsplit_once("/surfaced/") {
            // An answer is a key.
            Some((place, answer)) => {
                let surfaced = json.pointer_mut(&format!("{place}/surfaced")).unwrap();
                let surfaced = surfaced.as_object_mut().unwrap();
                let count = surfaced.remove(answer).unwrap();
                surfaced.insert(text, count);
            }
            None => *json.pointer_mut(place).unwrap() = text.into(),
        }
        if serde_json::from_value::<SuiteReport>(json.clone()).is_err() {
            // A word of the format, such as a verdict.
            json = before;
        } else if !UNSEEN.iter().any(|unseen| place.contains(unseen)) {
            let escaped = "&lt;/b&gt;&quot;&#39;&amp;␛&lt;/script&gt;&lt;script&gt;alert(";
            shown.push(format!("&lt;b&gt;{number}{escaped}"));
        }
    }
    for nth in 0..2 {
        json["reports"][nth]["scenario"] = json["scenarios"][nth]["scenario"].clone();
    }
    (serde_json::from_value(json).unwrap(), shown)
}

/// The places of all texts, and of answers.
fn texts(value: &Value, place: String, places: &mut Vec<String>) {
    match value {
        Value::String(_) => places.push(place),
        Value::Array(values) => {
            for (nth, value) in values.iter().enumerate() {
                texts(value, format!("{place}/{nth}"), places);
            }
        }
        Value::Object(values) => {
            for (key, value) in values {
                let place = format!("{place}/{key}");
                if place.contains("/surfaced/") {
                    places.push(place);
                } else {
                    texts(value, place, places);
                }
            }
        }
        _ => {}
    }
}

#[test]
fn markup_in_any_text_is_shown_as_text() {
    let (suite, shown) = hostile();
    assert!(shown.len() > 30, "{shown:#?}");
    let page = suite.to_html();
    for text in &shown {
        assert!(page.contains(text), "{text} is not on the page");
    }
    let runs = suite.reports.iter().map(Report::to_html);
    for page in runs.chain([page, suite.to_junit()]) {
        assert!(!page.contains("<b>0") && !page.contains("</script") && !page.contains('\u{1b}'));
        // No tag is made of text: each is one that the source has.
        assert!(!page.contains("</b>\"") && !page.contains("</b>&"));
    }
}

/// What a page says, without its markup.
fn read(page: &str) -> String {
    let body = &page[page.find("<body>").unwrap()..];
    let mut text = String::new();
    for piece in body.split('<') {
        text += piece.split_once('>').map_or("", |(_, text)| text);
    }
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("\u{a0}", " "),
        ("&amp;", "&"),
    ];
    entities
        .iter()
        .fold(text, |text, (entity, c)| text.replace(entity, c))
}

/// What Markdown says, without its markup, by paragraph and cell.
fn said(markdown: &str) -> Vec<String> {
    let lines = markdown.lines().filter(|line| !line.starts_with("|---"));
    let heading = lines.flat_map(|line| match line.strip_prefix("# ") {
        Some(heading) => heading.rsplitn(2, ": ").map(str::to_owned).collect(),
        None => vec![line.trim_start_matches(['#', ' ', '-']).to_owned()],
    });
    let cells = heading.flat_map(|line| {
        let cells = line.replace("<br>", "|").replace("](", "|");
        let cells = cells.split('|').map(|cell| {
            cell.trim_matches([' ', '.', '[', ')'])
                .replace(['`', '*'], "")
        });
        cells.collect::<Vec<_>>()
    });
    cells.collect()
}

#[test]
fn a_page_says_all_that_markdown_says() {
    let suite = suite("standard", 45);
    let page = read(&suite.to_html());
    for markdown in suite
        .reports
        .iter()
        .map(Report::to_markdown)
        .chain([suite.to_markdown()])
    {
        for text in said(&markdown) {
            assert!(page.contains(&text), "{text}\n{markdown}");
        }
    }
    let beside = beside_earlier_runs();
    let (page, markdown) = (read(&beside.to_html()), beside.to_markdown());
    for text in said(&markdown[markdown.find("## Since").unwrap()..]) {
        assert!(page.contains(&text), "{text}\n{page}");
    }
    let report = run("an order is charged twice", Target::BreaksARule, 7);
    let page = read(&report.to_html());
    for text in said(&report.to_markdown()) {
        assert!(page.contains(&text), "{text}\n{page}");
    }
}

#[test]
fn the_same_report_gives_the_same_page_also_after_it_was_written() {
    let report = run("slow payments", Target::Absorbs, 1);
    let text = serde_json::to_string(&report).unwrap();
    let again = serde_json::from_str(&text).unwrap();
    assert_eq!(report, again);
    assert_eq!(report.to_html(), again.to_html());
    assert!(report.to_html().contains("class=\"strip\""));
}

#[test]
fn a_report_of_an_earlier_version_has_a_page_without_curves() {
    let report = without_series(&run("slow payments", Target::Absorbs, 1));
    let page = report.to_html();
    assert!(!page.contains("class=\"strip\"") && page.contains("class=\"interval met\""));
    assert!(!small().to_html().contains("class=\"strip\""));
}

#[test]
fn a_page_begins_with_the_sentence_that_matters() {
    let expected = [
        (
            Target::Absorbs,
            "all objectives are met, 278 struck requests succeeded, 0 failed, of 11 it is unknown.",
        ),
        (
            Target::IsSlow,
            "latency degradation 968 ms (at 95 %: 964 ms to 975 ms), the limit is ≤ 500 ms.",
        ),
        (
            Target::BreaksARule,
            "The business rule charged once was found broken 31.5 s after the start: 3 orders are charged twice.",
        ),
        (
            Target::IsNotStruck,
            "the experiment payments struck no operation.",
        ),
        (
            Target::IsGivenUp,
            "the error rate is at least 52.1 %, above 50 %.",
        ),
    ];
    for (target, sentence) in expected {
        let page = run("<a scenario>", target, 0).to_html();
        let begin = page.find("<h1>").unwrap();
        let heading = &page[begin..page.find("</h1>").unwrap()];
        assert_eq!(
            read(&format!("<body>{heading}")),
            format!("<a scenario>: {sentence}")
        );
    }
    let page = read(&suite("standard", 45).to_html());
    assert!(
        page.contains("Scenarios: 38 met, 4 violated, 1 inconclusive, 2 not run, 1 aborted."),
        "{page}"
    );
}
