//! What CI systems and Prometheus read.

use std::io::Write;
use std::process::{Command, Stdio};

use super::{beside_earlier_runs, small};

#[test]
fn a_scenario_is_a_test_case_that_passes_fails_breaks_or_is_skipped() {
    let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
<testsuite name="smoke" tests="5" failures="1" errors="1" skipped="2" time="10.000">
<testcase classname="smoke" name="first" time="2.500"><system-out>a remark &amp; more&#10;`another`</system-out></testcase>
<testcase classname="smoke" name="second &quot;&lt;\&gt;&quot;&#10;␛" time="2.500"><failure type="violated" message="a remark &amp; more">a remark &amp; more&#10;`another`</failure></testcase>
<testcase classname="smoke" name="third" time="2.500"><skipped message="inconclusive: a remark &amp; more"/><system-out>a remark &amp; more&#10;`another`</system-out></testcase>
<testcase classname="smoke" name="fourth" time="2.500"><error type="aborted" message="a remark &amp; more">a remark &amp; more&#10;`another`</error></testcase>
<testcase classname="smoke" name="fifth" time="0.000"><skipped message="not run: a remark &amp; more"/><system-out>a remark &amp; more&#10;`another`</system-out></testcase>
</testsuite>
</testsuites>
"#;
    assert_eq!(small().to_junit(), expected);
    let run = small().reports[1].to_junit();
    assert!(run.contains("tests=\"1\" failures=\"1\""), "{run}");
}

#[test]
fn what_is_not_known_is_no_metric() {
    let expected = r#"# HELP chaos_error_rate_percent Measured error rate.
# TYPE chaos_error_rate_percent gauge
chaos_error_rate_percent{suite="smoke",scenario="first"} 1.25
chaos_error_rate_percent{suite="smoke",scenario="second \"<\\>\"\n?"} 50
# HELP chaos_availability_percent Measured availability.
# TYPE chaos_availability_percent gauge
chaos_availability_percent{suite="smoke",scenario="first"} 99.5
# HELP chaos_latency_degradation_ms Measured latency degradation.
# TYPE chaos_latency_degradation_ms gauge
chaos_latency_degradation_ms{suite="smoke",scenario="first"} 250.123457
# HELP chaos_recovery_time_seconds Measured recovery.
# TYPE chaos_recovery_time_seconds gauge
chaos_recovery_time_seconds{suite="smoke",scenario="first"} 0
# HELP chaos_slo_passed Whether the scenario met its objectives.
# TYPE chaos_slo_passed gauge
chaos_slo_passed{suite="smoke",scenario="first"} 1
chaos_slo_passed{suite="smoke",scenario="second \"<\\>\"\n?"} 0
# HELP chaos_slo_violations_count The number of objectives that the scenario violated.
# TYPE chaos_slo_violations_count gauge
chaos_slo_violations_count{suite="smoke",scenario="first"} 0
chaos_slo_violations_count{suite="smoke",scenario="second \"<\\>\"\n?"} 2
"#;
    let expected = expected.replace('?', "\u{1b}");
    assert_eq!(small().to_prometheus(), expected);
    let run = small().reports[0].to_prometheus();
    assert!(
        run.contains("chaos_slo_passed{scenario=\"first\"} 1\n"),
        "{run}"
    );
}

#[test]
fn a_regression_is_a_metric_and_stands_in_its_test_case() {
    let suite = beside_earlier_runs();
    let metrics = suite.to_prometheus();
    let expected = "# HELP chaos_regression Whether the indicator is worse than in earlier runs.\n\
        # TYPE chaos_regression gauge\n\
        chaos_regression{suite=\"smoke\",scenario=\"first\",indicator=\"error rate\"} 1\n\
        chaos_regression{suite=\"smoke\",scenario=\"first\",indicator=\"availability\"} 0\n";
    assert!(metrics.ends_with(expected), "{metrics}");
    let junit = suite.to_junit();
    let cases: Vec<_> = junit
        .lines()
        .filter(|line| line.contains("Regression of `first`, error rate: 8 % since"))
        .collect();
    assert!(
        matches!(cases[..], [case] if case.contains("name=\"first\"")),
        "{junit}"
    );
}

/// Its linter only objects to names, which are given.
#[test]
#[expect(clippy::print_stderr, reason = "a test that is left out says so")]
fn prometheus_reads_the_metrics() {
    let promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut promtool) = promtool else {
        return eprintln!("left out, as promtool is not installed");
    };
    let metrics = beside_earlier_runs().to_prometheus();
    let mut input = promtool.stdin.take().unwrap();
    input.write_all(metrics.as_bytes()).unwrap();
    drop(input);
    let output = promtool.wait_with_output().unwrap();
    let problems = String::from_utf8(output.stderr).unwrap();
    let is_of_a_name =
        |line: &&str| line.contains("abbreviated units") || line.contains("\"_count\" suffix");
    assert_eq!(
        problems.lines().find(|line| !is_of_a_name(line)),
        None,
        "{problems}"
    );
}
