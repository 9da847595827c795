//! What is said about a target before a run.

use axum::Router;
use axum::routing::get;
use chaos_core::{ChaosManager, Environment};
use chaos_lab::control::LocalControl;
use chaos_lab::discovery::{Found, look_at};
use chaos_lab::doctor::{Check, Level, examine_api, examine_machine, examine_service};
use chaos_tower::ChaosLayer;
use tokio::net::TcpListener;

async fn found(app: Router) -> Found {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    look_at(&url).await.unwrap()
}

fn app() -> Router {
    Router::new().route("/health", get(async || "well"))
}

async fn checks(chaos: &ChaosManager, found: &Found) -> Vec<Check> {
    let control = LocalControl::new(chaos);
    examine_api(&control, Some(found)).await.unwrap()
}

fn check<'a>(checks: &'a [Check], topic: &str) -> &'a Check {
    let mut named = checks.iter().filter(|check| check.topic == topic);
    named
        .next()
        .unwrap_or_else(|| panic!("{topic}: {checks:#?}"))
}

#[tokio::test]
async fn a_service_that_is_wired_in_has_no_problem_and_is_left_as_it_was() {
    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .build();
    let _payments = chaos.site("pay\u{1b}ments");
    let found = found(app().layer(ChaosLayer::server(&chaos, "shop"))).await;
    let control = LocalControl::new(&chaos);
    let checks = examine_api(&control, Some(&found)).await.unwrap();
    assert!(
        checks.iter().all(|one| one.level == Level::Ok),
        "{checks:#?}"
    );
    let sites = &check(&checks, "sites").finding;
    assert_eq!(sites, "point pay ments, server shop (in use)");
    assert_eq!(
        check(&checks, "ids").finding,
        "the target keeps `x-request-id`"
    );
    assert!(chaos.overview().running.is_empty());
    assert!(chaos.status().iter().all(|one| one.dry_run));
}

#[tokio::test]
async fn a_service_whose_requests_pass_no_site_is_warned_about() {
    let chaos = ChaosManager::new();
    let found = found(app()).await;
    let without_site = checks(&chaos, &found).await;
    assert_eq!(check(&without_site, "sites").level, Level::Warning);
    let no_server = &check(&without_site, "ids").finding;
    assert!(
        no_server.starts_with("no server site has registered"),
        "{no_server}"
    );
    // An environment that is not stated is production, where the dry run needs consent.
    assert_eq!(check(&without_site, "admin").level, Level::Warning);
    let _other: ChaosLayer<_> = ChaosLayer::server(&chaos, "shop");
    let refused = checks(&chaos, &found).await;
    let refused = &check(&refused, "ids").finding;
    assert!(refused.contains("production"), "{refused}");

    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .build();
    let _other: ChaosLayer<_> = ChaosLayer::server(&chaos, "shop");
    let around_nothing = checks(&chaos, &found).await;
    let around_nothing = &check(&around_nothing, "ids").finding;
    assert_eq!(around_nothing, "no server site has seen `GET /health`");
}

#[tokio::test]
async fn what_keeps_experiments_from_starting_is_a_problem() {
    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .dry_run()
        .build();
    chaos.halt();
    let found = found(app()).await;
    let halted = checks(&chaos, &found).await;
    let halts = halted.iter().filter(|one| one.topic == "halt");
    let levels: Vec<_> = halts.map(|one| one.level).collect();
    assert_eq!(levels, [Level::Problem, Level::Warning], "{halted:#?}");
}

#[tokio::test]
async fn a_target_without_an_api_is_judged_by_its_replies() {
    let found = found(app()).await;
    let well = examine_service(&found).await;
    assert_eq!(well.len(), 2, "{well:#?}");
    assert!(well.iter().all(|one| one.level == Level::Ok), "{well:#?}");
    assert_eq!(
        check(&well, "clock").finding,
        "that of the target and ours agree"
    );
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let closed = look_at(&url).await.unwrap();
    let down = examine_service(&closed).await;
    assert_eq!(down[0].level, Level::Problem);
    let text = down[0].to_string();
    assert!(
        text.starts_with(&format!("problem  target: {url} ")),
        "{text}"
    );
    assert!(text.contains("\n         start the service"), "{text}");
}

#[test]
fn the_machine_is_described() {
    let directory = tempfile::tempdir().unwrap();
    let checks = examine_machine(directory.path());
    let topics: Vec<_> = checks.iter().map(|one| one.topic).collect();
    let expected = ["disk", "processor", "memory", "descriptors"];
    assert_eq!(topics, expected, "{checks:#?}");
}
