//! Business rules while a run goes on.

use chaos_lab::Verdict;
use chaos_lab::control::LocalControl;
use chaos_lab::report::Indicator;
use chaos_lab::scenario::Scenario;

use crate::shop::{Shop, manager, run, scenario, serve, verdict};

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
