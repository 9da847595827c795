//! What keeps a run from beginning.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use chaos_core::{ChaosManager, Environment, Policy};
use chaos_lab::control::{Control, LocalControl, RemoteControl};
use chaos_lab::scenario::{Scenario, Target};
use chaos_lab::{Run, RunError, check_health};

use crate::shop::{Shop, manager, record, scenario, serve, serve_router};

/// The error of a run that does not begin; its target is as it was.
async fn refused(chaos: &ChaosManager, scenario: &Scenario, target: &Target) -> RunError {
    let control = LocalControl::new(chaos);
    let started = chaos.overview().totals.started;
    let recorded = record(Run::new(scenario, &control, target), std::future::pending()).await;
    assert_eq!(chaos.overview().totals.started, started);
    recorded.unwrap_err()
}

#[tokio::test]
async fn a_target_that_is_not_free_is_left_alone() {
    let chaos = manager();
    let target = Target::at(serve(&chaos, Shop::Absorbs).await);
    let scenario = scenario("30%");
    let other = chaos.start(scenario.experiments[0].clone()).unwrap();
    let error = refused(&chaos, &scenario, &target).await;
    assert_eq!(
        error.to_string(),
        "the target is not free: `refused` is running"
    );
    assert_eq!(chaos.overview().running, ["refused"]);
    drop(other);
    chaos.halt();
    let error = refused(&chaos, &scenario, &target).await.to_string();
    assert!(
        error.starts_with("the target is not free: halted by "),
        "{error}"
    );
}

#[tokio::test]
async fn what_the_policy_refuses_is_not_begun() {
    let policy = "version: 1\nfreezes: [{ from: 2020-01-01, until: 2099-01-01, why: the sale }]\n";
    let policy = Policy::parse(policy, chaos_core::Format::Yaml, "policy.yaml").unwrap();
    let chaos = ChaosManager::builder()
        .environment(Environment::Staging)
        .policy(policy)
        .build();
    let target = Target::at(serve(&chaos, Shop::Absorbs).await);
    let error = refused(&chaos, &scenario("30%"), &target).await;
    assert!(matches!(error, RunError::Control(_)), "{error}");
    assert!(error.to_string().contains("the sale"), "{error}");
}

#[tokio::test]
async fn a_target_that_is_not_steady_is_left_alone() {
    let chaos = manager();
    let target = Target::at(serve(&chaos, Shop::Absorbs).await);
    let mut scenario = scenario("30%");
    scenario.business_rules = serde_json::from_str(r#"[{ "http": "/nowhere" }]"#).unwrap();
    let error = refused(&chaos, &scenario, &target).await;
    assert_eq!(
        error.to_string(),
        "the target is not steady before the fault: `/nowhere`: 404"
    );
}

#[tokio::test]
async fn nothing_is_begun_while_an_alert_is_firing() {
    let chaos = manager();
    let mut target = Target::at(serve(&chaos, Shop::Absorbs).await);
    let alerts = r#"[{ "labels": { "alertname": "DiskFull", "job": "a" }, "annotations": {}, "status": { "state": "active" } }]"#;
    let app = Router::new().route("/api/v2/alerts", get(async move || alerts));
    target.alertmanager = Some(serve_router(app).await);
    let error = refused(&chaos, &scenario("30%"), &target).await;
    assert_eq!(error.to_string(), "the alert `DiskFull` is firing");
}

#[tokio::test]
async fn an_alertmanager_that_does_not_answer_is_no_permission() {
    let chaos = manager();
    let mut target = Target::at(serve(&chaos, Shop::Absorbs).await);
    let broken = async || (StatusCode::INTERNAL_SERVER_ERROR, "no quorum");
    let broken = serve_router(Router::new().route("/api/v2/alerts", get(broken))).await;
    for (url, problem) in [
        (broken, "status 500 Internal Server Error: no quorum"),
        ("http://127.0.0.1:9".to_owned(), "refused"),
    ] {
        target.alertmanager = Some(url);
        let error = refused(&chaos, &scenario("30%"), &target).await;
        let RunError::Alertmanager(_, found) = &error else {
            panic!("{error}");
        };
        assert!(found.contains(problem), "{error}");
    }
}

#[tokio::test]
async fn one_look_says_what_is_wrong_with_a_target() {
    let firing = async || r#"[{ "labels": { "alertname": "Errors" } }]"#;
    let alerts = serve_router(Router::new().route("/api/v2/alerts", get(firing))).await;
    let probes = |probe: serde_json::Value| [serde_json::from_value(probe).unwrap()];
    let fails = probes(serde_json::json!({ "command": ["false"] }));
    let succeeds = probes(serde_json::json!({ "command": ["true"] }));
    // Only probes over HTTP need a URL.
    let mut target = Target::at("");
    check_health(&succeeds, &target).await.unwrap();
    let unwell = check_health(&fails, &target).await.unwrap_err();
    assert!(matches!(unwell, RunError::NotSteady(probe, _) if probe == "false"));
    target.alertmanager = Some(alerts);
    let firing = check_health(&succeeds, &target).await.unwrap_err();
    assert_eq!(firing.to_string(), "the alert `Errors` is firing");
}

/// Fires an alert at a real Alertmanager, and resolves it.
#[tokio::test]
async fn a_real_alertmanager_is_understood() {
    let Ok(url) = std::env::var("CHAOS_TEST_ALERTMANAGER_URL") else {
        eprintln!("left out: CHAOS_TEST_ALERTMANAGER_URL is not set");
        return;
    };
    let chaos = manager();
    let mut target = Target::at(serve(&chaos, Shop::Absorbs).await);
    let post = async |ends: &str| {
        let alert =
            format!(r#"[{{ "labels": {{ "alertname": "ChaosTest" }}, "endsAt": "{ends}" }}]"#);
        crate::shop::post_json(&format!("{url}/api/v2/alerts"), alert).await;
    };
    post("2099-01-01T00:00:00Z").await;
    target.alertmanager = Some(url.clone());
    let error = refused(&chaos, &scenario("30%"), &target).await;
    assert_eq!(error.to_string(), "the alert `ChaosTest` is firing");
    post("2020-01-01T00:00:00Z").await;
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
