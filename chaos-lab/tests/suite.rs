//! Suites: what is written, however they end.

use std::path::Path;
use std::sync::Mutex;

use axum::Router;
use axum::routing::get;
use chaos_core::{ChaosManager, Environment};
use chaos_lab::control::LocalControl;
use chaos_lab::record::RecordEntry;
use chaos_lab::report::SuiteReport;
use chaos_lab::scenario::{Planned, Scenario, Stage, Target};
use chaos_lab::trend::History;
use chaos_lab::{RunError, SuiteRun, SuiteRunError, SuiteStep, Verdict};
use chaos_tower::ChaosLayer;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

async fn serve() -> (ChaosManager, Target) {
    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .build();
    let app = Router::new()
        .route("/orders", get(async || "taken"))
        .layer(ChaosLayer::server(&chaos, "shop"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = Target::at(format!("http://{}", listener.local_addr().unwrap()));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (chaos, target)
}

fn scenario(name: &str) -> Scenario {
    serde_json::from_value(serde_json::json!({
        "name": name,
        "experiments": [{
            "name": "slow",
            "fault": { "latency": "1ms" },
            "blast_radius": { "requests_to": "shop" },
        }],
        "load": { "per_second": 100, "requests": [{ "path": "/orders" }] },
        "stages": { "baseline": "200ms", "inject": "200ms", "recover": "0s", "cooldown": "0s" },
    }))
    .unwrap()
}

fn written(directory: &Path) -> SuiteReport {
    let report = std::fs::read_to_string(directory.join("report.json")).unwrap();
    serde_json::from_str(&report).unwrap()
}

fn aborted(why: &str) -> Verdict {
    Verdict::Aborted {
        why: why.to_owned(),
    }
}

#[tokio::test]
async fn a_signal_between_two_scenarios_begins_no_other_and_all_reports_are_written() {
    let (chaos, target) = serve().await;
    let control = LocalControl::new(&chaos);
    // The same directory, but for the number of the second.
    let scenarios = ["slow orders", "slow-orders", "late", "last"].map(scenario);
    let reports = tempfile::tempdir().unwrap();
    let run = SuiteRun::create(reports.path(), "my suite", &scenarios, &control, &target).unwrap();
    let directory = run.directory().to_owned();
    let (interrupt, interrupted) = oneshot::channel();
    let interrupt = Mutex::new(Some(interrupt));
    let run = run.watched_by(|step| {
        if let SuiteStep::Judged { report, .. } = step
            && report.scenario == "slow-orders"
        {
            interrupt.lock().unwrap().take().unwrap().send(()).unwrap();
        }
    });
    let stop = async {
        interrupted.await.unwrap();
        "interrupted".to_owned()
    };
    let report = run.run(stop).await.unwrap();

    assert!(directory.to_string_lossy().ends_with("-my-suite"));
    for scenario in ["slow-orders", "slow-orders-2"] {
        for file in ["record.jsonl", "report.md", "report.json", "report.html"] {
            assert!(directory.join(scenario).join(file).exists(), "{file}");
        }
    }
    for (file, text) in [
        ("report.html", report.to_html()),
        ("junit.xml", report.to_junit()),
        ("metrics.prom", report.to_prometheus()),
    ] {
        let written = std::fs::read_to_string(directory.join(file)).unwrap();
        assert_eq!(written, text);
    }
    assert_eq!(report.verdict, aborted("`late`: interrupted"));
    assert_eq!(report.reports.len(), 2);
    assert_eq!(report.scenarios[2].verdict, aborted("interrupted"));
    assert!(matches!(
        report.scenarios[3].verdict,
        Verdict::NotRun { .. }
    ));
    assert_eq!(written(&directory), report);
    let markdown = std::fs::read_to_string(directory.join("report.md")).unwrap();
    assert_eq!(markdown, report.to_markdown());
    assert!(
        markdown.contains("| [slow-orders](slow-orders-2/report.md) | "),
        "{markdown}"
    );
    assert!(chaos.overview().running.is_empty());
}

#[tokio::test]
async fn a_target_that_is_not_free_ends_the_suite_and_its_report_says_so() {
    let (chaos, target) = serve().await;
    let control = LocalControl::new(&chaos);
    let scenarios = ["first", "second"].map(scenario);
    let _other = chaos.start(scenarios[0].experiments[0].clone()).unwrap();
    let reports = tempfile::tempdir().unwrap();
    let run = SuiteRun::create(reports.path(), "suite", &scenarios, &control, &target).unwrap();
    let directory = run.directory().to_owned();
    let refused = run.run(std::future::pending()).await.unwrap_err();
    assert!(
        matches!(refused, SuiteRunError::Run(RunError::NotFree(_))),
        "{refused}"
    );
    let report = written(&directory);
    assert_eq!(
        report.verdict,
        aborted("`first`: the target is not free: `slow` is running")
    );
    assert_eq!(report.scenarios.len(), 2);
}

#[tokio::test]
async fn a_panic_in_the_middle_of_a_scenario_leaves_reports_and_no_experiment() {
    let (chaos, target) = serve().await;
    let control = LocalControl::new(&chaos);
    let scenarios = ["first", "second"].map(scenario);
    let reports = tempfile::tempdir().unwrap();
    let run = SuiteRun::create(reports.path(), "suite", &scenarios, &control, &target).unwrap();
    let directory = run.directory().to_owned();
    let run = run.watched_by(|step| {
        if let SuiteStep::Recorded { line, .. } = step
            && line.entry == RecordEntry::Stage(Stage::Inject)
        {
            panic!("a defect of the program that watches");
        }
    });
    let report = run.run(std::future::pending()).await.unwrap();
    let why = "`first`: the record ends in the stage inject";
    assert_eq!(report.verdict, aborted(why));
    assert_eq!(written(&directory), report);
    assert!(report.scenarios[1].path.is_none());
    // By its lease.
    while !chaos.overview().running.is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_scenario_that_finds_the_target_unsteady_is_not_run_and_the_next_is() {
    let (chaos, target) = serve().await;
    let control = LocalControl::new(&chaos);
    let mut scenarios = ["unsteady", "next"].map(scenario);
    scenarios[0].steady_state = serde_json::from_str(r#"[{ "http": "/missing" }]"#).unwrap();
    let reports = tempfile::tempdir().unwrap();
    let run = SuiteRun::create(reports.path(), "suite", &scenarios, &control, &target).unwrap();
    let report = run.run(std::future::pending()).await.unwrap();
    let [unsteady, next] = &report.scenarios[..] else {
        panic!("{report:#?}");
    };
    let why = "the target is not steady before the fault: `/missing`: 404".to_owned();
    assert_eq!(unsteady.verdict, Verdict::NotRun { why });
    assert!(next.path.is_some() && report.reports.len() == 1, "{next:?}");
}

#[tokio::test]
async fn what_does_not_fit_or_is_refused_is_not_run_in_its_place_and_the_next_is() {
    let (chaos, target) = serve().await;
    let control = LocalControl::new(&chaos);
    let mut refused = scenario("refused");
    refused.experiments[0] = serde_json::from_value(serde_json::json!({
        "name": "asleep", "fault": "hold_lock", "blast_radius": { "requests_to": "shop" }, "allow_collateral": true,
    }))
    .unwrap();
    let unfit = Planned::Unfit {
        scenario: "un|fit".to_owned(),
        why: "no | place".to_owned(),
    };
    let reports = tempfile::tempdir().unwrap();
    let planned = [unfit, refused.into(), scenario("next").into()];
    let run = SuiteRun::create(reports.path(), "suite", planned, &control, &target).unwrap();
    let directory = run.directory().to_owned();
    let report = run.run(std::future::pending()).await.unwrap();
    let [unfit, refused, next] = &report.scenarios[..] else {
        panic!("{report:#?}");
    };
    let why = "no | place".to_owned();
    assert_eq!(unfit.verdict, Verdict::NotRun { why });
    let why = refused.verdict.reason().unwrap();
    assert!(
        why.contains("server site `shop` can't apply hold_lock"),
        "{why}"
    );
    assert!(next.path.is_some() && report.reports.len() == 1, "{next:?}");
    let markdown = std::fs::read_to_string(directory.join("report.md")).unwrap();
    assert!(
        markdown.contains("| un\\|fit | not run | no \\| place |"),
        "{markdown}"
    );
}

#[tokio::test]
async fn a_run_is_compared_with_the_earlier_ones_of_its_suite() {
    let (chaos, target) = serve().await;
    let control = LocalControl::new(&chaos);
    let reports = tempfile::tempdir().unwrap();
    let mut written_reports = Vec::new();
    for scenarios in [&["first"][..], &["first", "second"]] {
        let scenarios: Vec<_> = scenarios.iter().map(|name| scenario(name)).collect();
        let run =
            SuiteRun::create(reports.path(), "my suite", &scenarios, &control, &target).unwrap();
        let directory = run.directory().to_owned();
        let report = run.run(std::future::pending()).await.unwrap();
        assert_eq!(written(&directory), report);
        written_reports.push(report);
    }
    let [first, second] = &written_reports[..] else {
        panic!("two runs");
    };
    assert_eq!(first.since_last, []);
    assert!(first.started < second.started);
    let new: Vec<_> = second
        .since_last
        .iter()
        .map(|change| change.words().concat())
        .collect();
    let is_new = "`second`: scenario: not in the suite before, now in it.".to_owned();
    assert!(new.contains(&is_new), "{new:?}");
    let error_rate = &second.trend[0];
    assert_eq!(
        (error_rate.scenario.as_str(), error_rate.points.len()),
        ("first", 2)
    );
    assert_eq!(error_rate.points[0].started, first.started.unwrap());
    assert_eq!(second.reports[0].fingerprint, first.reports[0].fingerprint);
    assert!(second.reports[0].started.is_some());

    let history = History::read(reports.path(), None).unwrap();
    assert_eq!(history.into_latest().as_ref(), Some(second));
}
