//! Runs without a load, which are judged by what the target counts itself.

use std::time::Duration;

use chaos_lab::Verdict;
use chaos_lab::load::{Load, LoadPlan};
use chaos_lab::report::Indicator;
use chaos_lab::scenario::Target;

use crate::shop::{Shop, manager, open_api, run, scenario, serve, verdict};

#[tokio::test]
async fn a_target_with_a_load_of_its_own_is_judged_by_its_outcomes() {
    let chaos = manager();
    let url = serve(&chaos, Shop::PassesOn).await;
    let (_api, control) = open_api(&chaos);
    let mut scenario = scenario("40%");
    let plan: LoadPlan = scenario.load.take().unwrap();
    scenario.stages.inject = serde_json::from_str("\"5s\"").unwrap();
    scenario.stages.baseline = serde_json::from_str("\"3s\"").unwrap();
    let (samples, _received) = tokio::sync::mpsc::unbounded_channel();
    let target = Target::at(&url);
    let customers = Load::start(
        &plan,
        &target,
        "customer",
        std::time::Instant::now(),
        move |sample| drop(samples.send(sample)),
    );
    let _customers = customers.unwrap();

    let report = run(&scenario, &control, &url, std::future::pending()).await;
    let error_rate = verdict(&report, Indicator::ErrorRate);
    assert_eq!(*error_rate, Verdict::Violated, "{report:#?}");
    let recovery = report.recovery.as_ref().unwrap();
    assert!(recovery.downtime.0 >= Duration::from_secs(3), "{report:#?}");
    assert_eq!(
        *verdict(&report, Indicator::Recovery),
        Verdict::Met,
        "{report:#?}"
    );
}

#[tokio::test]
async fn a_target_without_any_request_is_inconclusive() {
    let chaos = manager();
    let url = serve(&chaos, Shop::Absorbs).await;
    let mut scenario = scenario("100%");
    scenario.load = None;
    scenario.steady_state = Vec::new();
    scenario.stages.recover = serde_json::from_str("\"1s\"").unwrap();
    let control = chaos_lab::control::LocalControl::new(&chaos);
    let report = run(&scenario, &control, &url, std::future::pending()).await;
    let error_rate = verdict(&report, Indicator::ErrorRate);
    assert!(
        matches!(error_rate, Verdict::Inconclusive { .. }),
        "{report:#?}"
    );
}
