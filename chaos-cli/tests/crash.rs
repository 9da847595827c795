//! A target that the lab crashes and starts again.
#![cfg(unix)]

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use chaos_admin::{Address, Admin};
use chaos_core::{ChaosManager, Environment};
use chaos_lab::Verdict;
use chaos_lab::report::{Indicator, Report, WrittenReport};
use chaos_tower::ChaosLayer;

/// Serves a shop for the tests below until it is killed.
#[tokio::test]
#[ignore = "it is a program, which a test starts"]
async fn program_that_serves_a_shop() {
    let Some(directory) = std::env::var_os("SHOP_DIRECTORY") else {
        return;
    };
    let directory = Path::new(&directory);
    let first = !directory.join("started").exists();
    std::fs::write(directory.join("started"), "").unwrap();
    if !first {
        let stays_down = std::env::var_os("SHOP_STAYS_DOWN").is_some();
        let takes = if stays_down { 3600 } else { 1 };
        tokio::time::sleep(Duration::from_secs(takes)).await;
    }
    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .build();
    let payments = chaos.site("payments");
    let orders = async move || match payments.point("charge").await {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::BAD_GATEWAY,
    };
    let app = Router::new()
        .route("/orders", get(orders))
        .route("/health", get(async || "well"))
        .layer(ChaosLayer::server(&chaos, "shop"));
    let socket = Address::Unix(directory.join("chaos.sock"));
    let address = std::env::var("SHOP_ADDRESS").unwrap();
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    let _admin = Admin::new(&chaos).listen(socket).serve().unwrap();
    axum::serve(listener, app).await.unwrap();
}

/// Runs a suite whose fault is this one, and returns the report of its only scenario.
fn run(fault: &str, variables: &[(&str, &str)]) -> Report {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let program = std::env::current_exe().unwrap();
    let text = format!(
        "\
version: 1
target:
  url: 'http://{address}'
  admin: 'unix:{}'
  command: ['{}', --exact, program_that_serves_a_shop, --ignored]
load: {{ per_second: 50, requests: [{{ path: /orders }}] }}
steady_state: [{{ http: /health }}]
abort_when: {{ error_rate: ~ }}
stages: {{ baseline: 1s, inject: 10s, recover: 10s, cooldown: 0s }}
objectives: {{ mttr: 8s, error_rate: 20%, availability: 10% }}
scenarios:
  - name: crash
    experiments:
      - name: crash
        fault: {fault}
        blast_radius: {{ points_at: payments, at_most: 1 }}
        allow_collateral: true
        consent: {{ destruction: {{ who: anna, why: a test }} }}
",
        directory.join("chaos.sock").display(),
        program.display()
    );
    let suite = directory.join("suite.yaml");
    std::fs::write(&suite, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_chaos-lab"));
    command.args(["run", "suite.yaml", "--json"]);
    command.current_dir(directory);
    command.env("SHOP_DIRECTORY", directory);
    command.env("SHOP_ADDRESS", address);
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let reports = directory.join("chaos-reports");
    let mut reports = std::fs::read_dir(reports).unwrap();
    let suite = reports.next().unwrap().unwrap().path();
    match WrittenReport::read(&suite.join("crash")) {
        Ok(WrittenReport::Run(report)) => *report,
        other => panic!("{other:?}, {output:?}"),
    }
}

fn verdict(report: &Report, indicator: Indicator) -> &Verdict {
    let mut findings = report.findings.iter();
    let finding = findings.find(|finding| finding.indicator == indicator);
    &finding.unwrap().verdict
}

#[test]
fn a_target_that_is_crashed_is_started_again_and_its_repair_is_timed() {
    let report = run("{ crash: abort }", &[]);
    assert_eq!(report.verdict, Verdict::Met, "{report:#?}");
    assert_eq!(report.reached[0].struck, 1, "{report:#?}");
    assert_eq!(*verdict(&report, Indicator::Mttr), Verdict::Met);
}

#[test]
fn a_target_that_stays_down_violates_its_repair() {
    let report = run("{ crash: abort }", &[("SHOP_STAYS_DOWN", "")]);
    assert_eq!(
        *verdict(&report, Indicator::Mttr),
        Verdict::Violated,
        "{report:#?}"
    );
    assert_eq!(report.verdict, Verdict::Violated);
}
