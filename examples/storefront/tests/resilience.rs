//! What makes the shop resilient: it meets each scenario, and a build that lacks it does not.
#![cfg(feature = "chaos")]

mod suite_runs;

use std::time::Duration;

use chaos_core::Format;
use chaos_lab::Verdict;
use chaos_lab::report::{Indicator, Report};
use chaos_lab::scenario::{Suite, SuiteEntry};
use storefront::{Bug, Settings};

async fn run(name: &str, settings: Settings) -> Report {
    let suite = include_str!("../resilience.yaml");
    let suite = Suite::parse(suite, Format::Yaml, "resilience.yaml").unwrap();
    let mut entries = suite.entries;
    entries.retain(|entry| match entry {
        SuiteEntry::Scenario(scenario) => scenario.name == name,
        SuiteEntry::Catalogue(entry) => entry.name == name,
        _ => false,
    });
    let reports = tempfile::tempdir().unwrap();
    let mut report = suite_runs::run(settings, &entries, reports.path()).await;
    report.reports.remove(0)
}

/// Runs a scenario against the shop and against a worse build of it, which fails by this objective.
async fn tells_apart(name: &str, worse: impl FnOnce(&mut Settings), fails: Indicator) {
    let mut settings = Settings::served(None);
    worse(&mut settings);
    let (good, bad) = tokio::join!(run(name, Settings::served(None)), run(name, settings));
    assert_eq!(good.verdict, Verdict::Met, "{}", good.to_markdown());
    assert_eq!(bad.verdict, Verdict::Violated, "{}", bad.to_markdown());
    let mut findings = bad.findings.iter();
    let finding = findings.find(|finding| finding.indicator == fails).unwrap();
    assert_eq!(finding.verdict, Verdict::Violated, "{}", bad.to_markdown());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes half a minute"]
async fn a_breaker_that_stays_open_for_long_delays_the_repair() {
    let worse = |settings: &mut Settings| settings.open_for = Duration::from_secs(60);
    tells_apart("mttr", worse, Indicator::Recovery).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes half a minute"]
async fn a_time_limit_that_is_too_short_degrades_nothing_gracefully() {
    let worse = |settings: &mut Settings| settings.payment_timeout = Duration::from_millis(600);
    tells_apart("degradation", worse, Indicator::Absorption).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes half a minute"]
async fn without_a_breaker_each_customer_waits_for_a_bank_that_hangs() {
    let worse = |settings: &mut Settings| settings.failures_to_open = u32::MAX;
    tells_apart("breaker", worse, Indicator::LatencyDegradation).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes half a minute"]
async fn without_a_retry_a_single_failure_surfaces() {
    let worse = |settings: &mut Settings| settings.payment_attempts = 1;
    tells_apart("retry", worse, Indicator::Absorption).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes half a minute"]
async fn a_fallback_that_panics_surfaces_the_failure() {
    let worse = |settings: &mut Settings| settings.bug = Some(Bug::PanickingFallback);
    tells_apart("fallback", worse, Indicator::Absorption).await;
}
