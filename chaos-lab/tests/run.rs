//! Whole runs against a service in this process, driven directly and through its API.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use chaos_admin::{Address, Admin};
use chaos_core::{ChaosManager, Environment};
use chaos_lab::control::{Control, LocalControl, RemoteControl};
use chaos_lab::record::{RecordWriter, read_record};
use chaos_lab::report::{Indicator, Report};
use chaos_lab::scenario::{Scenario, Target};
use chaos_lab::{Run, RunError, Verdict, judge};
use chaos_tower::ChaosLayer;
use tokio::net::TcpListener;

#[derive(Clone, Copy, PartialEq)]
enum Shop {
    Absorbs,
    PassesOn,
}

fn manager() -> ChaosManager {
    ChaosManager::builder()
        .environment(Environment::Test)
        .build()
}

/// Serves a shop that asks payments, and returns its URL.
async fn serve(chaos: &ChaosManager, shop: Shop) -> String {
    let payments = chaos.site("payments");
    let orders = async move || match payments.point("charge").await {
        Err(_) if shop == Shop::PassesOn => StatusCode::BAD_GATEWAY,
        _ => StatusCode::OK,
    };
    let app = Router::new()
        .route("/orders", get(orders))
        .route("/health", get(async || "well"))
        .layer(ChaosLayer::server(chaos, "shop"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

fn scenario(rate: &str) -> Scenario {
    serde_json::from_value(serde_json::json!({
        "name": "refused payments",
        "experiments": [{
            "name": "refused",
            "fault": { "error": "refused" },
            "blast_radius": { "points_at": "payments", "rate": rate },
        }],
        "load": { "per_second": 100, "requests": [{ "path": "/orders" }] },
        "steady_state": [{ "http": "/health" }],
        "stages": { "baseline": "1s", "inject": "3s", "recover": "20s", "cooldown": "0s" },
    }))
    .unwrap()
}

/// Runs a scenario, and judges its record.
async fn run(
    scenario: &Scenario,
    control: &impl Control,
    url: &str,
    stop: impl Future<Output = String>,
) -> Report {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("record.jsonl");
    let mut record = RecordWriter::create(&path).unwrap();
    let target = Target::at(url);
    let run = Run::new(scenario, control, &target);
    run.record(&mut record, stop).await.unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let (opened, lines) = read_record(&text).unwrap();
    assert_eq!(opened.scenario, *scenario);
    judge(&opened, &lines, &scenario.objectives.limits())
}

fn verdict(report: &Report, indicator: Indicator) -> &Verdict {
    let mut findings = report.findings.iter();
    let finding = findings.find(|finding| finding.indicator == indicator);
    &finding.unwrap().verdict
}

#[tokio::test]
async fn a_shop_that_absorbs_the_fault_is_seen_to_do_so_through_its_api() {
    let chaos = manager();
    let url = serve(&chaos, Shop::Absorbs).await;
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("chaos.sock");
    let admin = Admin::new(&chaos).listen(Address::Unix(socket.clone()));
    let _admin = admin.serve().unwrap();
    let control = RemoteControl::new(&format!("unix:{}", socket.display())).unwrap();

    let report = run(&scenario("30%"), &control, &url, std::future::pending()).await;
    assert_eq!(
        *verdict(&report, Indicator::ErrorRate),
        Verdict::Met,
        "{report:#?}"
    );
    let [fate] = &report.fates[..] else {
        panic!("{report:#?}");
    };
    assert_eq!(
        (fate.service.as_str(), fate.operation.as_str()),
        ("payments", "charge")
    );
    assert!(
        fate.absorbed > 50 && fate.surfaced.is_empty() && fate.unknown == 0,
        "{fate:?}"
    );
    assert!(chaos.overview().running.is_empty());
}

#[tokio::test]
async fn a_shop_that_passes_the_fault_on_violates_its_error_rate() {
    let chaos = manager();
    let url = serve(&chaos, Shop::PassesOn).await;
    let control = LocalControl::new(&chaos);
    let report = run(&scenario("20%"), &control, &url, std::future::pending()).await;
    assert_eq!(
        *verdict(&report, Indicator::ErrorRate),
        Verdict::Violated,
        "{report:#?}"
    );
    assert!(report.fates[0].surfaced["502"] > 20 && report.fates[0].absorbed == 0);
    let control_group = report.control_group.as_ref().unwrap();
    assert!(control_group.errors.lower > 0.9, "{control_group:?}");
    let recovery = verdict(&report, Indicator::Recovery);
    assert_eq!(*recovery, Verdict::Met, "{report:#?}");
    assert!(chaos.overview().running.is_empty());
}

#[tokio::test]
async fn a_run_that_breaks_its_target_is_given_up() {
    let chaos = manager();
    let url = serve(&chaos, Shop::PassesOn).await;
    let mut scenario = scenario("100%");
    scenario.stages.inject = serde_json::from_str("\"60s\"").unwrap();
    let report = run(
        &scenario,
        &LocalControl::new(&chaos),
        &url,
        std::future::pending(),
    )
    .await;
    let expected = Verdict::Aborted {
        why: "more than 50% of the requests fail".to_owned(),
    };
    assert_eq!(report.verdict, expected);
    assert!(chaos.overview().running.is_empty());
}

#[tokio::test]
async fn a_run_that_is_interrupted_leaves_nothing_behind_but_its_record() {
    let chaos = manager();
    let url = serve(&chaos, Shop::Absorbs).await;
    let injecting = async {
        while chaos.overview().running.is_empty() {
            tokio::task::yield_now().await;
        }
        "interrupted".to_owned()
    };
    let control = LocalControl::new(&chaos);
    let report = run(&scenario("30%"), &control, &url, injecting).await;
    let expected = Verdict::Aborted {
        why: "interrupted".to_owned(),
    };
    assert_eq!(report.verdict, expected);
    assert!(chaos.overview().running.is_empty());
}

#[tokio::test]
async fn a_target_that_is_not_free_is_left_alone() {
    let chaos = manager();
    let url = serve(&chaos, Shop::Absorbs).await;
    let scenario = scenario("30%");
    let _other = chaos.start(scenario.experiments[0].clone()).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let mut record = RecordWriter::create(directory.path().join("record.jsonl")).unwrap();
    let control = LocalControl::new(&chaos);
    let target = Target::at(&url);
    let run = Run::new(&scenario, &control, &target);
    let refused = run
        .record(&mut record, std::future::pending())
        .await
        .unwrap_err();
    assert!(matches!(refused, RunError::NotFree(_)), "{refused}");
    assert_eq!(
        refused.to_string(),
        "the target is not free: `refused` is running"
    );
    assert_eq!(chaos.overview().running, ["refused"]);
}

#[tokio::test]
async fn a_target_that_cannot_be_reached_is_named() {
    let nowhere = RemoteControl::new("unix:/nowhere/chaos.sock").unwrap();
    let error = nowhere.describe().await.unwrap_err().to_string();
    assert!(
        error.starts_with("unix:/nowhere/chaos.sock can't be reached: "),
        "{error}"
    );
    for address in [
        "",
        "localhost",
        "unix:",
        "127.0.0.1:0",
        "127.0.0.1:99999",
        "/run/x.sock",
    ] {
        let error = RemoteControl::new(address).unwrap_err().to_string();
        assert!(error.contains("is no address such as"), "{error}");
    }
}
