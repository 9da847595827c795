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
scenarios: [{ catalogue: all }]
";

/// What the storefront has no place for, and why.
const UNFIT: [(&str, &str); 1] = [("cache-failure", "named like cache or memcached")];

/// Serves the storefront in a process of its own, and runs the suite against it.
async fn run(directory: &Path, binding: &mut Binding) -> SuiteReport {
    let program = env!("CARGO_BIN_EXE_storefront");
    let in_directory = directory.display().to_string();
    let command = [program, "--serve", "--child-in", &in_directory].map(str::to_owned);
    let log = File::create(directory.join("storefront.log")).unwrap();
    let mut shop = Process::start(&command, log).unwrap();
    let control = format!("unix:{in_directory}/chaos.sock");
    let control = RemoteControl::new(&control).unwrap();
    shop.ready(&control, PATIENCE).await.unwrap();
    let target = Target::at(fs::read_to_string(directory.join("url")).unwrap());
    let suite = Suite::parse(SUITE, Format::Yaml, "suite.yaml").unwrap();
    binding.environment = control.describe().await.unwrap().environment;
    assert_eq!(binding.environment, Some(Environment::Test));
    let planned = binding.plan(&suite.entries, &control.sites().await.unwrap());
    let run = SuiteRun::create(directory, "all", planned.unwrap(), &control, &target).unwrap();
    let start = Instant::now();
    let run = run.watched_by(|step| {
        if let SuiteStep::Judged { report, .. } = step {
            let (name, verdict) = (&report.scenario, report.verdict.name());
            println!("{:4} s  {name}: {verdict}", start.elapsed().as_secs());
        }
    });
    let report = run.run(std::future::pending()).await.unwrap();
    shop.stop(PATIENCE).await;
    report
}

#[tokio::test]
#[ignore = "takes eight minutes"]
async fn each_scenario_does_what_it_claims_or_says_why_it_can_not() {
    let directory = tempfile::tempdir().unwrap();
    let mut binding = Binding::default();
    binding.scale = Some("0.1".parse().unwrap());
    binding.consent = Some(Consent::by("a test").unwrap());
    let report = run(directory.path(), &mut binding).await;
    println!("{}", report.to_markdown());
    for result in &report.scenarios {
        let name = &result.scenario;
        let unfit = UNFIT.iter().find(|(unfit, _)| name.starts_with(unfit));
        match (&result.verdict, unfit) {
            (Verdict::NotRun { why }, Some((_, expected))) => {
                assert!(why.contains(expected), "{name}: {why}");
            }
            // The only one that may end the run: its target is gone.
            (Verdict::Aborted { .. }, None) if name.starts_with("crash-and-restart") => {}
            (Verdict::Met | Verdict::Violated | Verdict::Inconclusive { .. }, None) => {}
            (verdict, _) => panic!("{name}: {verdict:?}"),
        }
    }
}
