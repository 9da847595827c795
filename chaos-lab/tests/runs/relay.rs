//! Runs against a service without an API, through a relay.

use std::io::ErrorKind;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::get;
use chaos_core::{ChaosManager, Environment, Experiment};
use chaos_lab::control::{Control, ControlError, TargetRelay};
use chaos_lab::report::Indicator;
use chaos_lab::scenario::{Scenario, Target};
use chaos_lab::{Run, RunError, Verdict};
use tokio::net::{TcpListener, TcpStream};

use crate::shop::{manager, record, verdict};

const LEASE: Duration = Duration::from_secs(6);

/// A service that knows nothing of chaos, and answers only to its own name.
async fn service() -> Target {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let name = address.clone();
    let answer = async move |headers: HeaderMap| {
        if headers[header::HOST] == name.as_str() {
            StatusCode::OK
        } else {
            StatusCode::MISDIRECTED_REQUEST
        }
    };
    let app = Router::new().fallback(get(answer));
    tokio::spawn(async move { axum::serve(listener, app).await });
    Target::at(format!("http://{address}"))
}

fn slow_network(rate: &str) -> Scenario {
    serde_json::from_value(serde_json::json!({
        "name": "slow network",
        "experiments": [{
            "name": "slow",
            "fault": { "latency": "200ms" },
            "blast_radius": { "streams_to": "target", "rate": rate },
        }],
        "load": { "per_second": 100, "requests": [{ "path": "/orders" }] },
        "steady_state": [{ "http": "/health" }],
        "stages": { "baseline": "2s", "inject": "3s", "recover": "20s", "cooldown": "0s" },
        "objectives": { "latency_degradation": "100ms" },
    }))
    .unwrap()
}

fn experiment(fault: &str, radius: &str) -> [Experiment; 1] {
    let text = format!(r#"{{ "name": "one", "fault": {fault}, "blast_radius": {radius} }}"#);
    [serde_json::from_str(&text).unwrap()]
}

#[tokio::test]
async fn a_share_of_requests_is_struck_and_the_relay_is_gone_afterwards() {
    let (chaos, target) = (manager(), service().await);
    let relay = TargetRelay::open(&chaos, &target, &[]).await.unwrap();
    let (relayed, scenario) = (relay.target(&target), slow_network("50%"));
    let run = Run::new(&scenario, relay.control(), &relayed);
    let report = record(run, std::future::pending()).await.unwrap();
    let degradation = report.findings.iter();
    let mut degradation = degradation.filter(|one| one.indicator == Indicator::LatencyDegradation);
    let degradation = degradation.next().unwrap();
    assert_eq!(degradation.verdict, Verdict::Violated, "{report:#?}");
    assert!(degradation.measured.unwrap().lower >= 0.15, "{report:#?}");
    assert_eq!(*verdict(&report, Indicator::ErrorRate), Verdict::Met);
    assert_eq!(*verdict(&report, Indicator::SteadyState), Verdict::Met);
    // Of a connection for each of 300 requests and some 20 probes, half are drawn.
    let struck = report.reached[0].struck;
    assert!((100..230).contains(&struck), "{struck}");
    // The relay knows the ids of the load, so what became of them is known.
    let (known, unknown) = report.fates.iter().fold((0, 0), |(known, unknown), fate| {
        (known + fate.absorbed, unknown + fate.unknown)
    });
    assert!(known > 80 && unknown < 40, "{:?}", report.fates);
    assert_eq!(report.reached[0].shortfall, None, "{report:#?}");

    let address = relay.address();
    let open = TcpStream::connect(address).await.unwrap();
    assert!(chaos.overview().running.is_empty());
    drop(relay);
    let refused = TcpStream::connect(address).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    open.readable().await.unwrap();
    assert!(!matches!(open.try_read(&mut [0]), Ok(1..)));
}

#[tokio::test]
async fn what_is_no_connection_is_refused_with_the_reason() {
    let (chaos, target) = (manager(), service().await);
    let relay = TargetRelay::open(&chaos, &target, &[]).await.unwrap();
    let on_streams = r#"{ "streams_to": "target" }"#;
    let everything = r#"{ "everything": { "who": "anna" } }"#;
    let refused = [
        (
            r#"{ "exhaust": { "cpu": { "workers": 1, "duty": "10%" } } }"#,
            everything,
            "`one` injects exhaust, which a relay",
        ),
        (r#""panic""#, on_streams, "`one` injects panic"),
        (
            r#"{ "error": "refused" }"#,
            r#"{ "calls_to": "payments" }"#,
            "`one` strikes calls to payments, but a relay in front of the target has only `streams_to: target`",
        ),
        (
            r#"{ "error": "refused" }"#,
            r#"{ "streams_to": "redis" }"#,
            "`one` strikes streams to redis",
        ),
        (r#"{ "server_sleep": "1s" }"#, on_streams, "server_sleep"),
    ];
    for (fault, radius, reason) in refused {
        let experiments = experiment(fault, radius);
        let errors = [
            relay
                .control()
                .check(&experiments, LEASE)
                .await
                .unwrap_err(),
            relay
                .control()
                .start(&experiments, LEASE, "")
                .await
                .unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, ControlError::Refused(_)), "{error}");
            assert!(error.to_string().contains(reason), "{error}");
        }
    }
    assert_eq!(chaos.overview().totals.started, 0);
    let mut scenario = slow_network("50%");
    scenario.experiments = experiment(r#"{ "error": "refused" }"#, r#"{ "calls_to": "a" }"#).into();
    let relayed = relay.target(&target);
    let run = record(
        Run::new(&scenario, relay.control(), &relayed),
        std::future::pending(),
    );
    let error = run.await.unwrap_err();
    assert!(matches!(error, RunError::Control(_)), "{error}");
}

#[tokio::test]
async fn an_environment_that_is_not_stated_counts_as_production() {
    let target = service().await;
    let relay = TargetRelay::open(&ChaosManager::new(), &target, &[])
        .await
        .unwrap();
    let experiments = experiment(r#"{ "latency": "1ms" }"#, r#"{ "streams_to": "target" }"#);
    let error = relay
        .control()
        .check(&experiments, LEASE)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("production"), "{error}");
    let staging = ChaosManager::builder()
        .environment(Environment::Staging)
        .build();
    let relay = TargetRelay::open(&staging, &target, &[]).await.unwrap();
    relay.control().check(&experiments, LEASE).await.unwrap();
}

#[tokio::test]
async fn a_target_that_is_down_or_encrypted_gets_no_relay() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let refused = async |url: &str| {
        let opened = TargetRelay::open(&manager(), &Target::at(url), &[]).await;
        opened.unwrap_err().to_string()
    };
    let error = refused(&url).await;
    assert!(
        error.contains("can't be reached: Connection refused"),
        "{error}"
    );
    let error = refused("https://127.0.0.1").await;
    assert!(
        error.contains("needs TLS, which the lab does not speak"),
        "{error}"
    );
}
