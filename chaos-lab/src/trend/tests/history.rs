//! What is found in a directory of reports.

use std::fs;
use std::path::Path;

use super::super::History;
use super::suite;

fn write(reports: &Path, name: &str, report: &str) {
    let directory = reports.join(name);
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join("report.json"), report).unwrap();
}

#[test]
fn reports_of_the_suite_are_read_and_those_that_can_not_be_read_are_named() {
    let reports = tempfile::tempdir().unwrap();
    let reports = reports.path();
    let text = |day, change: fn(&mut serde_json::Value)| {
        serde_json::to_string(&suite(day, 12, change)).unwrap()
    };
    write(reports, "2026-01-01T00-00-00.000-shop", &text(1, |_| {}));
    // Its name says when it was.
    let dateless = text(2, |suite| suite["started"] = serde_json::Value::Null);
    write(reports, "2026-01-02T00-00-00.007-shop", &dateless);
    write(reports, "2026-01-03T00-00-00.000-shop", "{ \"version\": 1,");
    let other = text(4, |suite| suite["suite"] = "shops".into());
    write(reports, "2026-01-04T00-00-00.000-shops", &other);
    write(reports, "notes", "{}");
    fs::create_dir(reports.join("2026-01-05T00-00-00.000-shop")).unwrap();

    let history = History::read(reports, Some("shop")).unwrap();
    let times: Vec<_> = history
        .reports
        .iter()
        .map(|report| report.started.unwrap())
        .collect();
    let times: Vec<_> = times.iter().map(ToString::to_string).collect();
    assert_eq!(times, ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00.007Z"]);
    let [unread] = &history.unread[..] else {
        panic!("{:?}", history.unread);
    };
    assert!(
        unread.contains("2026-01-03T00-00-00.000-shop/report.json: EOF"),
        "{unread}"
    );

    let latest = History::read(reports, None).unwrap().into_latest().unwrap();
    assert_eq!(latest.suite, "shops");
    assert_eq!(latest.trend[0].points.len(), 1);
    assert!(
        History::read(reports, Some("none"))
            .unwrap()
            .into_latest()
            .is_none()
    );
    assert!(History::read(&reports.join("missing"), None).is_err());
}

#[test]
fn the_latest_thirty_runs_are_compared() {
    let reports = tempfile::tempdir().unwrap();
    let directory = reports.path();
    for day in 1..=31 {
        let text = serde_json::to_string(&suite(day, 12, |_| {})).unwrap();
        write(
            directory,
            &format!("2026-01-{day:02}T00-00-00.000-shop"),
            &text,
        );
    }
    let history = History::read(directory, Some("shop")).unwrap();
    assert_eq!(history.reports.len(), 30);
    let mut next = suite(31, 12, |suite| {
        suite["started"] = "2026-02-01T00:00:00Z".into();
    });
    history.compare(&mut next);
    assert_eq!(next.trend[0].points.len(), 30);
    assert_eq!(
        next.trend[0].points[0].started.to_string(),
        "2026-01-03T00:00:00Z"
    );
}
