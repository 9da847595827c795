//! The smoke suite: it finds each bug by the objective that it must fail, and nothing in the good storefront.
#![cfg(feature = "chaos")]

mod suite_runs;

use chaos_core::Format;
use chaos_lab::Verdict;
use chaos_lab::report::{Indicator, Report, SuiteReport};
use chaos_lab::scenario::{Scenario, Stages, Suite, SuiteEntry};
use storefront::{Bug, Settings};

/// The scenario that finds each bug, and the objectives that it must fail there.
const FOUND: [(Bug, &str, &[Indicator]); 10] = [
    (
        Bug::PanickingFallback,
        "unavailable catalogue",
        &[Indicator::Absorption],
    ),
    (
        Bug::CachedError,
        "unavailable catalogue",
        &[Indicator::BusinessRules],
    ),
    (
        Bug::ChargeWithoutKey,
        "lost replies of payments",
        &[Indicator::BusinessRules],
    ),
    (
        Bug::UnboundedRetry,
        "payments down",
        &[Indicator::LatencyDegradation],
    ),
    (
        Bug::WrongStatus,
        "payments down",
        &[Indicator::BusinessRules],
    ),
    (
        Bug::SwallowedCommit,
        "failing commits",
        &[Indicator::BusinessRules],
    ),
    (
        Bug::LostRollback,
        "failing commits",
        &[Indicator::ErrorRate, Indicator::Recovery],
    ),
    (
        Bug::ChargeBeforeOrder,
        "refused orders",
        &[Indicator::BusinessRules],
    ),
    (
        Bug::NoTimeout,
        "hanging payments",
        &[Indicator::LatencyDegradation],
    ),
    (
        Bug::LeakedPermit,
        "hanging payments",
        &[Indicator::ErrorRate, Indicator::Recovery],
    ),
];

fn scenarios() -> Vec<Scenario> {
    let suite = include_str!("../smoke.yaml");
    let suite = Suite::parse(suite, Format::Yaml, "smoke.yaml").unwrap();
    suite.scenarios().cloned().collect()
}

/// A scenario with as much time as the tests of each change have for it.
fn short(name: &str) -> Scenario {
    let mut scenarios = scenarios().into_iter();
    let mut scenario = scenarios.find(|scenario| scenario.name == name).unwrap();
    let stages = r#"{ "baseline": "2s", "inject": "5s", "recover": "4s", "cooldown": "0s" }"#;
    scenario.stages = serde_json::from_str::<Stages>(stages).unwrap();
    scenario
}

/// Runs scenarios one after another against a storefront with this mistake.
async fn run(bug: Option<Bug>, scenarios: &[Scenario]) -> SuiteReport {
    let reports = tempfile::tempdir().unwrap();
    let entries = scenarios.iter().cloned();
    let entries = entries.map(|scenario| SuiteEntry::Scenario(Box::new(scenario)));
    let entries: Vec<_> = entries.collect();
    suite_runs::run(Settings::served(bug), &entries, reports.path()).await
}

fn violated(report: &Report) -> Vec<Indicator> {
    let findings = report.findings.iter();
    let violated = findings.filter(|finding| finding.verdict == Verdict::Violated);
    let mut violated: Vec<_> = violated.map(|finding| finding.indicator).collect();
    if violated.contains(&Indicator::ErrorRate) {
        // Where most requests fail, it is chance whether a struck one is among them.
        violated.retain(|indicator| *indicator != Indicator::Absorption);
    }
    violated
}

/// Runs the short scenario that finds a bug.
async fn finds(bug: Bug) {
    let (_, name, expected) = FOUND.iter().find(|(found, ..)| *found == bug).unwrap();
    let report = run(Some(bug), &[short(name)]).await;
    let report = &report.reports[0];
    assert_eq!(violated(report), *expected, "{}", report.to_markdown());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_good_storefront_meets_everything() {
    let scenarios = ["unavailable catalogue", "lost replies of payments"].map(short);
    let report = run(None, &scenarios).await;
    assert_eq!(report.verdict, Verdict::Met, "{}", report.to_markdown());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_without_a_key_breaks_a_business_rule() {
    finds(Bug::ChargeWithoutKey).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_without_a_limit_degrades_latency() {
    finds(Bug::UnboundedRetry).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fallback_that_panics_surfaces_the_fault() {
    finds(Bug::PanickingFallback).await;
}

/// Takes two minutes.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes two minutes"]
async fn the_good_storefront_meets_the_whole_suite() {
    let report = run(None, &scenarios()).await;
    assert_eq!(report.verdict, Verdict::Met, "{}", report.to_markdown());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes three minutes"]
async fn each_bug_fails_the_objectives_that_it_must_and_the_report_names_operation_and_fault() {
    assert_eq!(FOUND.len(), Bug::ALL.len());
    for (bug, name, expected) in FOUND {
        let mut scenarios = scenarios();
        scenarios.retain(|scenario| scenario.name == name);
        let suite = run(Some(bug), &scenarios).await;
        let report = &suite.reports[0];
        assert_eq!(
            violated(report),
            expected,
            "{bug:?}: {}",
            report.to_markdown()
        );
        let fault = scenarios[0].experiments[0].faults()[0].kind();
        let remarks = suite.scenarios[0].remarks.join("\n");
        let is_named = report.fates.iter().any(|fate| {
            remarks.contains(&format!(
                "`{fault}` at `{}` of {}",
                fate.operation, fate.service
            ))
        });
        assert!(is_named, "{bug:?}: {remarks}");
    }
}
