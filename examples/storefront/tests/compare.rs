//! Two builds of the storefront under the same faults: what became worse is found, and nothing else.
#![cfg(feature = "chaos")]

mod suite_runs;

use std::fs;
use std::time::Duration;

use chaos_compare::{Comparison, Effect, Measure, compare};
use chaos_core::Format;
use chaos_lab::Verdict;
use chaos_lab::record::{Line, Opened, find_records, read_record};
use chaos_lab::scenario::Suite;
use storefront::{Bug, Settings};

/// Two faults of payments: every fifth call is refused, or slower than its time limit.
const SUITE: &str = "\
version: 1
load:
  per_second: 40
  requests: [{ name: buy, method: POST, path: /checkout, headers: { idempotency-key: '{run}-{n}' }, body: '{\"product\":\"lamp\"}' }]
abort_when: { error_rate: ~ }
stages: { baseline: 2s, inject: 8s, recover: 1s, cooldown: 0s }
scenarios:
  - name: refused payments
    experiments:
      - { name: refused, fault: { error: refused }, blast_radius: { calls_to: payments, rate: 20% }, pattern: { first: 1, per: request } }
  - name: slow payments
    experiments:
      - { name: slow, fault: { latency: 3s }, blast_radius: { calls_to: payments, rate: 20% }, pattern: { first: 1, per: request } }
";

/// What two runs of one build may differ by on a machine that is busy with other tests.
const NOTICEABLE: Duration = Duration::from_millis(200);

async fn records(settings: Settings) -> Vec<(Opened, Vec<Line>)> {
    let suite = Suite::parse(SUITE, Format::Yaml, "suite.yaml").unwrap();
    let reports = tempfile::tempdir().unwrap();
    suite_runs::run(settings, &suite.entries, reports.path()).await;
    let suite = fs::read_dir(reports.path())
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let records = find_records(&suite.path()).unwrap().into_iter();
    let read = |path| read_record(&fs::read_to_string(path).unwrap()).unwrap();
    records.map(read).collect()
}

/// What changed: the scenario, what was measured, and whether it became worse.
fn changes(comparison: &Comparison) -> Vec<(&str, String, Measure, Effect)> {
    let mut changes = Vec::new();
    for scenario in &comparison.scenarios {
        for group in &scenario.groups {
            let changed = group
                .changes
                .iter()
                .filter(|change| change.effect != Effect::None);
            changes.extend(changed.map(|change| {
                let subject = group.subject.to_string();
                (
                    scenario.scenario.as_str(),
                    subject,
                    change.measure,
                    change.effect,
                )
            }));
        }
    }
    changes
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_build_does_worse_is_found_by_operation_and_fault_and_nothing_in_equal_builds() {
    let (good, again, without_retry, without_timeout) = tokio::join!(
        records(Settings::served(None)),
        records(Settings::served(None)),
        records(Settings {
            payment_attempts: 1,
            ..Settings::served(None)
        }),
        records(Settings::served(Some(Bug::NoTimeout))),
    );

    let same = compare(&good, &again, NOTICEABLE);
    assert_eq!(same.verdict, Verdict::Met, "{}", same.to_markdown());
    assert_eq!(changes(&same), [], "{}", same.to_markdown());

    let charges = |fault: &str| format!("`{fault}` at `POST /charges` of payments (client)");
    let failures = |effect| {
        [("refused payments", "error"), ("slow payments", "latency")]
            .map(|(scenario, fault)| (scenario, charges(fault), Measure::Failures, effect))
    };
    let worse = compare(&good, &without_retry, NOTICEABLE);
    assert_eq!(
        changes(&worse),
        failures(Effect::Regression),
        "{}",
        worse.to_markdown()
    );
    let better = compare(&without_retry, &good, NOTICEABLE);
    assert_eq!(
        changes(&better),
        failures(Effect::Improvement),
        "{}",
        better.to_markdown()
    );

    let slower = compare(&good, &without_timeout, NOTICEABLE);
    let latency = (
        "slow payments",
        charges("latency"),
        Measure::Latency,
        Effect::Regression,
    );
    assert_eq!(changes(&slower), [latency], "{}", slower.to_markdown());
}
