//! Whole runs, driven directly and through the API.

use chaos_lab::control::LocalControl;
use chaos_lab::record::RecordEntry;
use chaos_lab::report::Indicator;
use chaos_lab::scenario::{Expectation, Stage, Target};
use chaos_lab::{Run, Verdict};

use crate::shop::{Shop, manager, open_api, record, run, scenario, serve, verdict};

#[tokio::test]
async fn a_shop_that_absorbs_the_fault_is_seen_to_do_so_through_its_api() {
    let chaos = manager();
    let url = serve(&chaos, Shop::Absorbs).await;
    let (_api, control) = open_api(&chaos);

    let mut scenario = scenario("30%");
    scenario.why = Some("hält der Shop,\nwas er\tverspricht?".to_owned() + &"é".repeat(999));
    let report = run(&scenario, &control, &url, std::future::pending()).await;
    let because = chaos.status()[0].attribution.because.clone().unwrap();
    assert!(
        because.starts_with("hält der Shop, was er verspricht?éé"),
        "{because}"
    );
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
    let [reached] = &report.reached[..] else {
        panic!("{report:#?}");
    };
    let rate = reached.rate.as_ref().unwrap();
    assert!(
        rate.covered > Some(200) && rate.bounded_by.is_empty(),
        "{rate:?}"
    );
    assert_eq!(reached.shortfall, None);
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
    assert!(report.reached[0].rate.is_some(), "{report:#?}");
    assert!(chaos.overview().running.is_empty());
}

#[tokio::test]
async fn a_lost_link_ends_the_run_with_a_report_and_the_target_ends_the_fault() {
    let chaos = manager();
    let url = serve(&chaos, Shop::Absorbs).await;
    let (api, control) = open_api(&chaos);
    let watched = chaos.clone();
    tokio::spawn(async move {
        while watched.overview().running.is_empty() {
            tokio::task::yield_now().await;
        }
        drop(api);
    });
    let mut scenario = scenario("30%");
    scenario.stages.inject = serde_json::from_str("\"60s\"").unwrap();
    let report = run(&scenario, &control, &url, std::future::pending()).await;
    let Verdict::Aborted { why } = &report.verdict else {
        panic!("{report:#?}");
    };
    assert!(why.contains("chaos.sock can't be reached"), "{why}");
    while !chaos.overview().running.is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_run_whose_experiment_is_stopped_by_someone_else_is_aborted() {
    let chaos = manager();
    let url = serve(&chaos, Shop::Absorbs).await;
    let operator = chaos.clone();
    let stopped = tokio::spawn(async move {
        while operator.overview().totals.injected == 0 {
            tokio::task::yield_now().await;
        }
        operator.stop("refused").unwrap();
    });
    let mut scenario = scenario("30%");
    scenario.stages.recover = serde_json::from_str("\"1s\"").unwrap();
    let control = LocalControl::new(&chaos);
    let report = run(&scenario, &control, &url, std::future::pending()).await;
    stopped.await.unwrap();
    let Verdict::Aborted { why } = &report.verdict else {
        panic!("{report:#?}");
    };
    assert!(
        why.starts_with("the experiment `refused` was in force for "),
        "{why}"
    );
    assert!(why.ends_with(" of 3.0 s: it was stopped by code"), "{why}");
}

#[tokio::test]
async fn nothing_is_injected_into_a_target_that_fails_already() {
    let chaos = manager();
    let url = serve(&chaos, Shop::Absorbs).await;
    let mut scenario = scenario("30%");
    let load = scenario.load.as_mut().unwrap();
    load.requests[0].expect = serde_json::from_str(r#"{ "status": 204 }"#).unwrap();
    let control = LocalControl::new(&chaos);
    let report = run(&scenario, &control, &url, std::future::pending()).await;
    let Verdict::Aborted { why } = &report.verdict else {
        panic!("{report:#?}");
    };
    assert!(why.ends_with(" requests failed before the fault"), "{why}");
    assert_eq!(chaos.overview().totals.started, 0);
}

#[tokio::test]
async fn a_run_that_is_refused_stops_no_experiment_of_others() {
    let chaos = manager();
    let url = serve(&chaos, Shop::Absorbs).await;
    let scenario = scenario("30%");
    let control = LocalControl::new(&chaos);
    let target = Target::at(&url);
    let mut other = None;
    let run = Run::new(&scenario, &control, &target).watched_by(|line| {
        if line.entry == RecordEntry::Stage(Stage::Baseline) {
            other = Some(chaos.start(scenario.experiments[0].clone()).unwrap());
        }
    });
    let report = record(run, std::future::pending()).await.unwrap();
    let Verdict::Aborted { why } = &report.verdict else {
        panic!("{report:#?}");
    };
    assert!(why.contains("`refused` is already running"), "{why}");
    assert_eq!(chaos.overview().running, ["refused"]);
}

#[tokio::test]
async fn a_request_that_succeeds_when_the_fault_is_lifted_absorbs_nothing() {
    let chaos = manager();
    let url = serve(&chaos, Shop::Absorbs).await;
    let mut scenario = scenario("30%");
    scenario.expect = Expectation::Absorbed;
    let slow = serde_json::json!([{
        "name": "hanging", "fault": { "latency": "60s" },
        "blast_radius": { "points_at": "payments", "rate": "30%" },
    }]);
    scenario.experiments = serde_json::from_value(slow).unwrap();
    let control = LocalControl::new(&chaos);
    let report = run(&scenario, &control, &url, std::future::pending()).await;
    let absorption = verdict(&report, Indicator::Absorption);
    assert!(
        matches!(absorption, Verdict::Inconclusive { .. }),
        "{report:#?}"
    );
    assert!(
        report.fates[0].absorbed == 0 && report.fates[0].unknown > 20,
        "{report:#?}"
    );
}
