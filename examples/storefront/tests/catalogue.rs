//! The catalogue against the real storefront: each scenario does what it claims, or says why it can't.
#![cfg(all(feature = "chaos", target_os = "linux"))]
#![allow(clippy::print_stdout, reason = "a run of minutes shows how far it is")]

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, Instant};

use chaos_core::{Consent, Environment, Format};
use chaos_lab::catalogue::Binding;
use chaos_lab::control::{Control, RemoteControl};
use chaos_lab::report::SuiteReport;
use chaos_lab::scenario::{Suite, Target};
use chaos_lab::{Process, SuiteRun, SuiteStep, Verdict};

const PATIENCE: Duration = Duration::from_secs(30);

/// The load is that of the smoke suite.
const SUITE: &str = "
version: 1
load:
  per_second: 40
  requests:
    - name: buy
      method: POST
      path: /checkout
      headers: { idempotency-key: '{run}-{n}' }
      body: '{\"product\":\"lamp\"}'
      weight: 3
    - { name: browse, path: /products }
steady_state: [{ http: /health, within: 3s }]
stages: { baseline: 10s, inject: 20s, recover: 60s, cooldown: 0s }
";

/// What may not be run, and why: the storefront has no cache, and the machine may have no free core.
const NOT_RUN: [(&str, &str); 2] = [
    ("cache-failure", "named like cache or memcached"),
    ("cpu", "no core was free"),
];

/// Serves the storefront in a process of its own, and runs the suite against it.
async fn run(directory: &Path, entry: &str, mut binding: Binding) -> SuiteReport {
    let program = env!("CARGO_BIN_EXE_storefront");
    let in_directory = directory.display().to_string();
    let command = [program, "--serve", "--child-in", &in_directory].map(str::to_owned);
    let log = File::create(directory.join("storefront.log")).unwrap();
    let mut shop = Process::start(&command, log).unwrap();
    let control = format!("unix:{in_directory}/chaos.sock");
    let control = RemoteControl::new(&control).unwrap();
    shop.ready(&control, PATIENCE).await.unwrap();
    let target = Target::at(fs::read_to_string(directory.join("url")).unwrap());
    let suite = format!("{SUITE}scenarios: [{entry}]");
    let suite = Suite::parse(&suite, Format::Yaml, "suite.yaml").unwrap();
    binding.environment = control.describe().await.unwrap().environment;
    assert_eq!(binding.environment, Some(Environment::Test));
    let planned = binding.plan(&suite.entries, &control.sites().await.unwrap());
    let run =
        SuiteRun::create(directory, "catalogue", planned.unwrap(), &control, &target).unwrap();
    let start = Instant::now();
    let run = run.watched_by(|step| {
        if let SuiteStep::Judged { report, .. } = step {
            let (name, verdict) = (&report.scenario, report.verdict.name());
            println!("{:4} s  {name}: {verdict}", start.elapsed().as_secs());
        }
    });
    let report = tokio::select! {
        report = run.run(std::future::pending()) => report.unwrap(),
        Err(error) = shop.supervise() => panic!("{error}"),
    };
    shop.stop(PATIENCE).await;
    report
}

/// A tenth of all times, as what is checked is whether faults did what they claim.
fn binding() -> Binding {
    let mut binding = Binding::default();
    binding.scale = Some("0.1".parse().unwrap());
    binding.consent = Some(Consent::by("a test").unwrap());
    binding
}

#[tokio::test]
async fn the_smoke_suite_does_what_it_claims() {
    let directory = tempfile::tempdir().unwrap();
    // Harder than it is, so that each fault strikes something within seconds.
    let stages = "{ baseline: 10s, inject: 30s, recover: 0s, cooldown: 0s }";
    let entry = format!("{{ catalogue: smoke, intensity: medium, stages: {stages} }}");
    let report = run(directory.path(), &entry, binding()).await;
    for result in &report.scenarios {
        let did_what_it_claims = !matches!(
            result.verdict,
            Verdict::NotRun { .. } | Verdict::Aborted { .. }
        );
        assert!(did_what_it_claims, "{result:?}");
    }
    assert_eq!(report.scenarios.len(), 5);
}

#[tokio::test]
async fn the_storefront_returns_from_a_crash() {
    let directory = tempfile::tempdir().unwrap();
    let entry = "{ catalogue: crash-and-restart }";
    let report = run(directory.path(), entry, binding()).await;
    let report = &report.reports[0];
    let text = report.to_markdown();
    assert_eq!(report.reached[0].struck, 1, "{text}");
    let is_over = !matches!(
        report.verdict,
        Verdict::NotRun { .. } | Verdict::Aborted { .. }
    );
    assert!(is_over, "{text}");
}

#[tokio::test]
#[ignore = "takes seven minutes"]
async fn each_scenario_does_what_it_claims_or_says_why_it_can_not() {
    let directory = tempfile::tempdir().unwrap();
    let report = run(directory.path(), "{ catalogue: all }", binding()).await;
    println!("{}", report.to_markdown());
    for result in &report.scenarios {
        let name = &result.scenario;
        match &result.verdict {
            Verdict::NotRun { why } => {
                let is_expected =
                    |(of, expected): &(&str, &str)| name.starts_with(of) && why.contains(expected);
                assert!(NOT_RUN.iter().any(is_expected), "{name}: {why}");
            }
            Verdict::Aborted { why } => panic!("{name}: {why}"),
            _ => assert!(!name.starts_with("cache-failure"), "{name}"),
        }
    }
}
