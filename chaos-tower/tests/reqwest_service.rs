//! reqwest's client as a service: its faults look like real failures.

use std::io::ErrorKind;
use std::time::Duration;

use chaos_tower::{
    Bandwidth, BlastRadius, ChaosLayer, ChaosManager, ChaosService, Client, Corrupt, Disconnect,
    Experiment, ExperimentGuard, Failure, Fault, Phase, Rate,
};
use tokio::time::{Instant, timeout};
use tower::{Layer, ServiceExt};

use caller_view::{CallerView, Progress};
use real_failures::{Framing, Server};

#[path = "fidelity/caller_view.rs"]
#[allow(dead_code, reason = "the fidelity test uses the rest")]
mod caller_view;
#[path = "fidelity/real_failures.rs"]
#[allow(dead_code, reason = "the fidelity test uses the rest")]
mod real_failures;

/// Long enough for every response to arrive, even on a busy machine.
const PATIENCE: Duration = Duration::from_millis(500);
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\nx-kept: yes\r\n\r\n0123456789";

fn payments(
    chaos: &ChaosManager,
    configure: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
) -> ChaosService<reqwest::Client, Client> {
    let client = configure(reqwest::Client::builder().no_proxy());
    ChaosLayer::client(chaos, "payments").layer(client.build().unwrap())
}

fn inject(chaos: &ChaosManager, fault: Fault, phase: Phase) -> ExperimentGuard {
    let experiment = Experiment::new("broken")
        .fault(fault)
        .blast_radius(BlastRadius::calls_to("payments"))
        .phase(phase);
    chaos.start(experiment).unwrap()
}

fn get(url: &str) -> reqwest::Request {
    reqwest::Request::new(reqwest::Method::GET, url.parse().unwrap())
}

#[tokio::test]
async fn failures_of_the_connection_are_the_clients_own_errors() {
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    for (failure, expected) in [
        (
            Failure::Refused,
            CallerView {
                client: vec!["is_connect", "is_request"],
                io: vec![ErrorKind::ConnectionRefused],
                ..CallerView::no_response()
            },
        ),
        (
            Failure::Reset,
            CallerView {
                client: vec!["is_request"],
                io: vec![ErrorKind::ConnectionReset],
                hyper: vec![vec![]],
                ..CallerView::no_response()
            },
        ),
        (
            Failure::Closed,
            CallerView {
                client: vec!["is_request"],
                hyper: vec![vec!["is_incomplete_message"]],
                ..CallerView::no_response()
            },
        ),
        (
            Failure::TimedOut,
            CallerView {
                client: vec!["is_request", "is_timeout"],
                ..CallerView::no_response()
            },
        ),
    ] {
        for phase in [Phase::Before, Phase::After] {
            let guard = inject(&chaos, Fault::error(failure), phase);
            let client = payments(&chaos, |builder| builder);
            let seen = CallerView::by_reqwest_service(client, &server.url()).await;
            assert_eq!(seen, expected, "{failure:?} {phase}");
            assert_eq!(guard.injected(), 1);
        }
    }
}

#[tokio::test]
async fn failures_that_a_server_reports_are_responses_with_the_url_of_the_request() {
    let chaos = ChaosManager::new();
    let _down = inject(&chaos, Fault::error(Failure::Overloaded), Phase::Before);
    let client = payments(&chaos, |builder| builder);
    let response = client
        .oneshot(get("http://payments.invalid/charge"))
        .await
        .unwrap();
    assert_eq!(response.status(), 429);
    assert_eq!(response.url().as_str(), "http://payments.invalid/charge");
    assert_eq!(response.headers()["retry-after"], "1");
    assert!(!response.headers().contains_key("x-chaos-experiment"));
    assert!(response.text().await.unwrap().contains("429"));
}

#[tokio::test]
async fn a_corrupted_response_keeps_everything_but_its_bytes() {
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    let changed = Corrupt::bytes(Rate::ALWAYS).unwrap();
    let guard = inject(&chaos, Fault::corrupt(changed), Phase::During);
    let client = payments(&chaos, |builder| builder);
    let response = client.oneshot(get(&server.url())).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.version(), http::Version::HTTP_11);
    assert_eq!(response.url().as_str(), server.url());
    assert_eq!(response.headers()["x-kept"], "yes");
    assert_eq!(response.content_length(), Some(10));
    assert!(response.remote_addr().is_some());
    let body = response.bytes().await.unwrap();
    assert_eq!(body.len(), 10);
    assert!(
        body.iter().zip(b"0123456789").all(|(a, b)| a != b),
        "{body:?}"
    );
    assert_eq!(guard.injected(), 1);
}

#[tokio::test]
async fn broken_bodies_fail_to_decode_with_the_io_kind_of_the_break() {
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    for (disconnect, kind) in [
        (Disconnect::CutAfter(4), ErrorKind::UnexpectedEof),
        (Disconnect::ResetAfter(4), ErrorKind::ConnectionReset),
    ] {
        let guard = inject(&chaos, Fault::disconnect(disconnect), Phase::During);
        let client = payments(&chaos, |builder| builder);
        let mut response = client.clone().oneshot(get(&server.url())).await.unwrap();
        assert_eq!(response.chunk().await.unwrap().unwrap(), &b"0123"[..]);
        assert!(response.chunk().await.unwrap_err().is_decode());
        let seen = CallerView::by_reqwest_service(client, &server.url()).await;
        assert_eq!(seen.progress, Progress::Body, "{seen:?}");
        assert_eq!(seen.client, ["is_decode"]);
        assert_eq!(seen.io, [kind]);
        assert_eq!(guard.injected(), 2);
    }
}

#[tokio::test]
async fn the_clients_own_timeouts_end_a_stalled_body() {
    let chaos = ChaosManager::new();
    // The whole body arrives long before any timeout.
    let server = Server::answers(OK).await;
    let _stalled = inject(&chaos, Fault::disconnect(Disconnect::Stall), Phase::During);
    let real = Server::stalls_midway(Framing::ContentLength).await;
    let whole = payments(&chaos, |builder| builder.timeout(PATIENCE));
    let each_read = payments(&chaos, |builder| builder.read_timeout(PATIENCE));
    let none = payments(&chaos, |builder| builder);
    let url = server.url();
    let bare = reqwest::Client::builder().no_proxy().timeout(PATIENCE);
    let bare = bare.build().unwrap();
    let real_url = real.url();
    let (by_whole, by_each_read, by_bare, by_none) = tokio::join!(
        timeout(4 * PATIENCE, CallerView::by_reqwest_service(whole, &url)),
        timeout(
            4 * PATIENCE,
            CallerView::by_reqwest_service(each_read, &url)
        ),
        CallerView::by_reqwest(&bare, &real_url),
        timeout(2 * PATIENCE, CallerView::by_reqwest_service(none, &url)),
    );
    assert_eq!(by_bare.client, ["is_decode", "is_timeout"]);
    assert_eq!(by_whole.unwrap(), by_bare);
    assert_eq!(by_each_read.unwrap(), by_bare);
    assert!(by_none.is_err(), "{by_none:?}");
}

#[tokio::test]
async fn a_bandwidth_delays_a_body_without_changing_it() {
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    let narrow = Bandwidth::bytes_per_second(50).unwrap();
    let _slow = inject(&chaos, Fault::bandwidth(narrow), Phase::During);
    let client = payments(&chaos, |builder| builder);
    let start = Instant::now();
    let response = client.oneshot(get(&server.url())).await.unwrap();
    assert_eq!(response.text().await.unwrap(), "0123456789");
    assert!(
        start.elapsed() >= Duration::from_millis(100),
        "{:?}",
        start.elapsed()
    );
}
