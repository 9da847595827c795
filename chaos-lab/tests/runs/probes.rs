//! Probes of a steady state: Prometheus, a database, code of the caller.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::Query;
use axum::routing::get;
use chaos_lab::control::LocalControl;
use chaos_lab::report::{Indicator, Report};
use chaos_lab::scenario::{ProbePlan, Scenario, Target};
use chaos_lab::{Run, RunError, Verdict};

use crate::shop::{Shop, manager, record, scenario, serve, serve_router, verdict};

/// Runs a short scenario whose steady state is these probes.
async fn probed(probes: serde_json::Value, prometheus: Option<String>) -> Result<Report, RunError> {
    let chaos = manager();
    let mut target = Target::at(serve(&chaos, Shop::Absorbs).await);
    target.prometheus = prometheus;
    let scenario = short(serde_json::from_value(probes).unwrap());
    let control = LocalControl::new(&chaos);
    record(
        Run::new(&scenario, &control, &target),
        std::future::pending(),
    )
    .await
}

fn short(steady_state: Vec<ProbePlan>) -> Scenario {
    let mut scenario = scenario("30%");
    scenario.steady_state = steady_state;
    let short =
        serde_json::json!({ "baseline": "1s", "inject": "1s", "recover": "2s", "cooldown": "0s" });
    scenario.stages = serde_json::from_value(short).unwrap();
    scenario
}

fn not_steady(result: Result<Report, RunError>) -> String {
    let error = result.unwrap_err();
    assert!(matches!(error, RunError::NotSteady(..)), "{error}");
    error.to_string()
}

async fn prometheus() -> String {
    let answer = async |Query(asked): Query<Vec<(String, String)>>| {
        let vector = |values: &[&str]| {
            let series = values
                .iter()
                .map(|value| format!(r#"{{"metric":{{}},"value":[1.5,"{value}"]}}"#));
            let series: Vec<_> = series.collect();
            format!(
                r#"{{"status":"success","data":{{"resultType":"vector","result":[{}]}}}}"#,
                series.join(",")
            )
        };
        match asked[0].1.as_str() {
            "sum(rate(x[1m])) > 0" => vector(&["0.25"]),
            "all" => vector(&["0.25", "7"]),
            "nothing" => vector(&[]),
            "inf" => vector(&["+Inf"]),
            _ => r#"{"status":"success","data":{"resultType":"scalar","result":[1.5,"42"]}}"#
                .to_owned(),
        }
    };
    serve_router(Router::new().route("/api/v1/query", get(answer))).await
}

#[tokio::test]
async fn values_of_prometheus_are_judged_by_their_tolerance() {
    let url = Some(prometheus().await);
    let probes = serde_json::json!([
        { "prometheus": "sum(rate(x[1m])) > 0", "at_most": 0.5 },
        { "prometheus": "scalar", "at_least": 42 },
        { "prometheus": "inf", "at_least": 42 },
    ]);
    let report = probed(probes, url.clone()).await.unwrap();
    assert_eq!(
        *verdict(&report, Indicator::SteadyState),
        Verdict::Met,
        "{report:#?}"
    );

    let off = [
        ("all", "`all`: 7 is not at most 0.5"),
        ("nothing", "`nothing`: the query has no result"),
        ("scalar", "`scalar`: 42 is not at most 0.5"),
    ];
    for (query, problem) in off {
        let probes = serde_json::json!([{ "prometheus": query, "at_most": 0.5 }]);
        let error = not_steady(probed(probes, url.clone()).await);
        assert!(error.ends_with(problem), "{error}");
    }
}

#[tokio::test]
async fn a_prometheus_server_that_is_not_named_is_missed_before_anything_starts() {
    let error = probed(serde_json::json!([{ "prometheus": "up" }]), None).await;
    let error = error.unwrap_err().to_string();
    assert_eq!(
        error,
        "the probe `up` can't be made: the target names no `prometheus`"
    );
}

#[tokio::test]
async fn a_real_prometheus_server_is_understood() {
    let Ok(url) = std::env::var("CHAOS_TEST_PROMETHEUS_URL") else {
        eprintln!("left out: CHAOS_TEST_PROMETHEUS_URL is not set");
        return;
    };
    let probes = serde_json::json!([
        { "prometheus": "vector(1)", "at_least": 1 },
        { "prometheus": "scalar(vector(2))", "at_most": 2 },
    ]);
    let report = probed(probes, Some(url.clone())).await.unwrap();
    assert_eq!(
        *verdict(&report, Indicator::SteadyState),
        Verdict::Met,
        "{report:#?}"
    );
    let probes = serde_json::json!([{ "prometheus": "sum(" }]);
    let error = not_steady(probed(probes, Some(url)).await);
    assert!(error.contains("parse error"), "{error}");
}

#[tokio::test]
async fn code_of_the_caller_is_a_probe() {
    let chaos = manager();
    let target = Target::at(serve(&chaos, Shop::Absorbs).await);
    let control = LocalControl::new(&chaos);
    let looks = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&looks);
    let scenario = short(Vec::new());
    // It is well before and during the fault, and off after it.
    let watched = chaos.clone();
    let run = Run::new(&scenario, &control, &target).probed_by("queue", move || {
        counted.fetch_add(1, Ordering::Relaxed);
        let has_ended = watched.overview().totals.ended.values().sum::<u64>() > 0;
        async move {
            if has_ended {
                Err("12 jobs wait".to_owned())
            } else {
                Ok(())
            }
        }
    });
    let report = record(run, std::future::pending()).await.unwrap();
    assert!(looks.load(Ordering::Relaxed) > 4);
    assert_eq!(
        *verdict(&report, Indicator::SteadyState),
        Verdict::Violated,
        "{report:#?}"
    );
}

#[tokio::test]
async fn a_probe_of_the_caller_that_panics_is_a_bad_look() {
    let chaos = manager();
    let target = Target::at(serve(&chaos, Shop::Absorbs).await);
    let control = LocalControl::new(&chaos);
    let scenario = short(Vec::new());
    let looks = AtomicU64::new(0);
    let run = Run::new(&scenario, &control, &target).probed_by("queue", move || {
        let is_first = looks.fetch_add(1, Ordering::Relaxed) == 0;
        async move {
            if is_first {
                Ok(())
            } else {
                panic!("a defect of the probe")
            }
        }
    });
    let report = record(run, std::future::pending()).await.unwrap();
    let availability = verdict(&report, Indicator::Availability);
    assert_eq!(*availability, Verdict::Violated, "{report:#?}");
}

#[cfg(feature = "sql")]
mod sql {
    use super::*;

    #[tokio::test]
    async fn the_answer_of_a_query_is_judged_by_its_tolerance() {
        let mut urls = vec!["sqlite::memory:".to_owned()];
        for variable in ["CHAOS_TEST_POSTGRES_URL", "CHAOS_TEST_MYSQL_URL"] {
            match std::env::var(variable) {
                Ok(url) => urls.push(url),
                Err(_) => eprintln!("left out: {variable} is not set"),
            }
        }
        for url in urls {
            let probe =
                |query: &str| serde_json::json!({ "sql": query, "database": url, "at_most": 2 });
            let well = [
                "select 2",
                "select count(*) from (select 1) t",
                "select 1 = 1",
            ];
            let report = probed(well.map(probe).into(), None).await.unwrap();
            let steady = verdict(&report, Indicator::SteadyState);
            assert_eq!(*steady, Verdict::Met, "{report:#?}");
            let off = [
                ("select 3", "3 is not at most 2"),
                (
                    "select 1 from (select 1) t where 1 = 0",
                    "the query has no result",
                ),
            ];
            for (query, problem) in off {
                let error = not_steady(probed([probe(query)].to_vec().into(), None).await);
                assert!(error.ends_with(problem), "{error}");
            }
        }
    }

    #[tokio::test]
    async fn a_database_that_no_variable_names_is_missed_and_a_password_is_not_shown() {
        let named =
            |database: &str| serde_json::json!([{ "sql": "select 1", "database": database }]);
        let error = probed(named("$CHAOS_TEST_NO_SUCH_URL"), None)
            .await
            .unwrap_err();
        let expected =
            "the variable `CHAOS_TEST_NO_SUCH_URL`, which names its database, is not set";
        assert!(error.to_string().ends_with(expected), "{error}");
        for url in [
            "postgres://anna:secret@127.0.0.1:9/none",
            "nonsense://anna:secret@b",
        ] {
            let error = not_steady(probed(named(url), None).await);
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
