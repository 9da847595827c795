//! Business rules while a run goes on.

use chaos_lab::Verdict;
use chaos_lab::control::LocalControl;
use chaos_lab::report::Indicator;
use chaos_lab::scenario::Scenario;

use axum::Router;
use axum::routing::get;

use crate::shop::{Shop, manager, run, scenario, serve, serve_router, verdict};

fn with_books() -> Scenario {
    let mut scenario = scenario("20%");
    scenario.business_rules =
        serde_json::from_str(r#"[{ "name": "books", "http": "/books" }]"#).unwrap();
    scenario
}

#[tokio::test]
async fn a_shop_that_answers_well_and_loses_track_breaks_its_rule_alone() {
    let chaos = manager();
    let url = serve(&chaos, Shop::LosesTrack).await;
    let control = LocalControl::new(&chaos);
    let report = run(&with_books(), &control, &url, std::future::pending()).await;
    let rules = verdict(&report, Indicator::BusinessRules);
    assert_eq!(*rules, Verdict::Violated, "{report:#?}");
    for indicator in [Indicator::ErrorRate, Indicator::SteadyState] {
        assert_eq!(*verdict(&report, indicator), Verdict::Met, "{report:#?}");
    }
    assert_eq!(report.broken_rules[0].why, "409");
    assert_eq!(report.recovery.unwrap().rules_hold, None);
}

#[tokio::test]
async fn a_run_whose_rules_are_broken_is_given_up_if_it_says_so() {
    let chaos = manager();
    let url = serve(&chaos, Shop::LosesTrack).await;
    let mut scenario = with_books();
    scenario.abort_when = serde_json::from_str(r#"{ "business_rules": "90%" }"#).unwrap();
    scenario.stages.inject = serde_json::from_str("\"60s\"").unwrap();
    let control = LocalControl::new(&chaos);
    let report = run(&scenario, &control, &url, std::future::pending()).await;
    let why = "the business rules hold at less than 90% of the looks".to_owned();
    assert_eq!(report.verdict, Verdict::Aborted { why });
    assert!(chaos.overview().running.is_empty());
}

#[tokio::test]
async fn a_reading_of_a_json_reply_that_moves_too_far_violates_its_rule() {
    let chaos = manager();
    let payments = chaos.site("payments");
    let booked = async move || match payments.point("charge").await {
        Ok(()) => r#"{ "bookings": { "per_minute": 120 } }"#,
        Err(_) => r#"{ "bookings": { "per_minute": 90 } }"#,
    };
    let app = Router::new()
        .route("/statistics", get(booked))
        .route("/orders", get(async || "ok"))
        .route("/health", get(async || "well"));
    let url = serve_router(app).await;
    let mut scenario = scenario("100%");
    scenario.stages.baseline = serde_json::from_str("\"2s\"").unwrap();
    let bookings = |limit: &str| {
        serde_json::json!({
            "name": format!("bookings, {limit}"),
            "http": "/statistics",
            "value": "/bookings/per_minute",
            "falls_at_most": limit,
        })
    };
    scenario.business_rules =
        serde_json::from_value(serde_json::json!([bookings("10%"), bookings("30%")])).unwrap();
    let control = LocalControl::new(&chaos);
    let report = run(&scenario, &control, &url, std::future::pending()).await;
    let verdicts: Vec<_> = report.readings.iter().map(|moved| &moved.verdict).collect();
    assert_eq!(verdicts, [&Verdict::Violated, &Verdict::Met], "{report:#?}");
    assert_eq!(report.readings[0].change.unwrap().value, -30.0);
    assert_eq!(report.verdict, Verdict::Violated);
}
