//! The trend over earlier reports, and their clean-up.

use std::path::Path;

use serde_json::json;

use crate::lab;

/// Writes the report of a run on a day of January 2026, of whose requests so many of a hundred failed.
fn write(reports: &Path, day: usize, failed: u32) {
    let value = f64::from(failed) / 100.0;
    let measured = json!({ "value": value, "lower": value - 0.01, "upper": value + 0.01 });
    let report = json!({
        "version": 1, "scenario": "slow payments", "verdict": "met", "control_group": null, "fates": [], "recovery": null,
        "findings": [{ "indicator": "error_rate", "limit": 0.5, "measured": measured, "verdict": "met" }],
        "stages": [], "lost_entries": 0, "caveats": [],
    });
    let suite = json!({
        "version": 1, "suite": "shop", "verdict": "met", "reports": [report],
        "mttr": { "indicator": "mttr", "limit": 30.0, "measured": null, "verdict": "met" },
        "scenarios": [{ "scenario": "slow payments", "verdict": "met", "path": null }],
    });
    let directory = reports.join(format!("2026-01-{day:02}T00-00-00.000-shop"));
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("report.json"), suite.to_string()).unwrap();
}

/// Runs the command, and returns its exit code and what it prints.
fn printed(arguments: &[&str], reports: &Path) -> (Option<i32>, String, String) {
    let mut command = lab(["trend"]);
    if arguments[0] == "clean" {
        command = lab(["clean"]);
    }
    let output = command
        .args(&arguments[1..])
        .arg("--output")
        .arg(reports)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn a_regression_is_printed_in_each_format_and_a_report_that_can_not_be_read_is_named() {
    let reports = tempfile::tempdir().unwrap();
    let reports = reports.path();
    assert_eq!(printed(&["trend"], reports).0, Some(2));
    for (failed, day) in [2, 3, 2, 3, 2, 3, 2, 12, 13].into_iter().zip(1..) {
        write(reports, day, failed);
    }
    let broken = reports.join("2026-01-04T00-00-00.000-shop/report.json");
    std::fs::write(&broken, "{").unwrap();
    let (code, stdout, stderr) = printed(&["trend"], reports);
    assert_eq!(code, Some(0), "{stderr}");
    let regression = "**Regression of `slow payments`, error rate**: 12.5 % since the run of 2026-01-08T00:00:00Z";
    assert!(stdout.contains(regression), "{stdout}");
    assert!(
        stderr.starts_with("left out: ") && stderr.contains("2026-01-04"),
        "{stderr}"
    );
    for (format, text) in [
        ("json", "\"regression\": {"),
        ("html", "<svg class=\"runs regression\""),
        ("junit", "Regression of `slow payments`"),
        ("prometheus", "indicator=\"error rate\"} 1"),
    ] {
        let (code, stdout, _) = printed(&["trend", "shop", "--format", format], reports);
        assert_eq!(code, Some(0));
        assert!(stdout.contains(text), "{stdout}");
    }
    let (code, _, stderr) = printed(&["trend", "bank"], reports);
    assert_eq!(code, Some(2));
    assert!(
        stderr.contains("there is no report of \"bank\" in it"),
        "{stderr}"
    );
}

#[test]
fn old_runs_are_removed_once_it_is_no_dry_run() {
    let reports = tempfile::tempdir().unwrap();
    let reports = reports.path();
    for day in 1..=4 {
        write(reports, day, 2);
    }
    std::fs::create_dir(reports.join("notes")).unwrap();
    let left = || std::fs::read_dir(reports).unwrap().count();
    let (code, stdout, _) = printed(&["clean"], reports);
    assert_eq!(
        (code, stdout.as_str(), left()),
        (Some(0), "freed 0.0 MB\n", 5)
    );
    let arguments = ["clean", "--keep", "3", "--older-than", "1d", "--dry-run"];
    let (code, dry, _) = printed(&arguments, reports);
    assert_eq!((code, left()), (Some(0), 5));
    assert!(
        dry.starts_with("would remove ") && dry.contains("2026-01-01T00-00-00.000-shop (0.0 MB)\n"),
        "{dry}"
    );
    let (code, stdout, _) = printed(&arguments[..5], reports);
    assert_eq!((code, left()), (Some(0), 4));
    assert!(
        stdout.starts_with("removed ") && stdout.ends_with("freed 0.0 MB\n"),
        "{stdout}"
    );
    assert!(!reports.join("2026-01-01T00-00-00.000-shop").exists());
    let (code, _, stderr) = printed(&["clean", "--older-than", "soon"], reports);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("a number of days"), "{stderr}");
}
