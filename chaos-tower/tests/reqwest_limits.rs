//! The time limits of reqwest's client as a service: they are felt while a fault holds a call.

use std::future::{Ready, ready};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use chaos_tower::{
    BlastRadius, ChaosLayer, ChaosManager, ChaosService, Client, Experiment, ExperimentGuard,
    Failure, Fault, Phase,
};
use reqwest::{ClientBuilder, Proxy, Request, Response, Url};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tower::{Layer, Service, ServiceExt};

use real_failures::{BlackHole, ClosedPort, Server, read_request};

#[path = "fidelity/real_failures.rs"]
#[allow(dead_code, reason = "the fidelity test uses the rest")]
mod real_failures;

const LIMIT: Duration = Duration::from_millis(300);
const FOREVER: Duration = Duration::from_secs(3600);
const PATIENCE: Duration = Duration::from_secs(20);

fn payments(
    chaos: &ChaosManager,
    configure: impl FnOnce(ClientBuilder) -> ClientBuilder,
) -> ChaosService<reqwest::Client, Client> {
    let client = configure(reqwest::Client::builder().no_proxy());
    ChaosLayer::client(chaos, "payments").layer(client.build().unwrap())
}

fn inject(chaos: &ChaosManager, fault: Fault, phase: Phase) -> ExperimentGuard {
    let experiment = Experiment::new(format!("held {phase}"))
        .fault(fault)
        .blast_radius(BlastRadius::calls_to("payments"))
        .phase(phase);
    chaos.start(experiment).unwrap()
}

fn get(url: &str) -> Request {
    Request::new(reqwest::Method::GET, url.parse().unwrap())
}

/// Starts a server that counts its requests, and responds at once.
async fn counting() -> (Server, Arc<AtomicU32>) {
    let worked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&worked);
    let server = Server::each(move |mut stream| {
        let count = Arc::clone(&count);
        async move {
            loop {
                read_request(&mut stream).await?;
                count.fetch_add(1, Ordering::Relaxed);
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
                    .await?;
            }
        }
    });
    (server.await, worked)
}

async fn call(
    service: ChaosService<reqwest::Client, Client>,
    request: Request,
) -> Result<Response, reqwest::Error> {
    let call = tokio::time::timeout(PATIENCE, service.oneshot(request));
    call.await.expect("the limit is felt")
}

#[tokio::test]
async fn every_limit_is_felt_before_and_after_the_call() {
    for phase in [Phase::Before, Phase::After] {
        // On a busy machine a limit may pass before the fault strikes.
        let limits = [LIMIT, 4 * LIMIT, 16 * LIMIT];
        let mut all_struck = false;
        for limit in limits {
            all_struck = feel_all_limits(limit, phase).await;
            if all_struck {
                break;
            }
        }
        assert!(all_struck, "{phase}");
    }
}

/// Calls under each limit, and returns whether the fault struck all the calls in time.
async fn feel_all_limits(limit: Duration, phase: Phase) -> bool {
    let (server, worked) = counting().await;
    let chaos = ChaosManager::new();
    let held = inject(&chaos, Fault::latency(FOREVER), phase);
    let url = server.url();
    let mut limited = get(&url);
    *limited.timeout_mut() = Some(limit);
    let by_client = payments(&chaos, |builder| builder.timeout(limit));
    let by_read = payments(&chaos, |builder| builder.read_timeout(limit));
    let (by_request, by_client, by_read) = tokio::join!(
        call(payments(&chaos, |builder| builder), limited),
        call(by_client, get(&url)),
        call(by_read, get(&url))
    );
    for error in [by_request, by_client, by_read].map(Result::unwrap_err) {
        assert!(error.is_timeout() && error.is_request(), "{error:?}");
        assert_eq!(error.url().map(Url::as_str), Some(&*url));
    }
    let (worked, struck) = (u64::from(worked.load(Ordering::Relaxed)), held.injected());
    match phase {
        Phase::Before => assert_eq!(worked, 0),
        _ => assert!(worked >= struck, "{worked} of {struck}"),
    }
    struck == 3
}

#[tokio::test]
async fn a_limit_counts_from_the_start_of_the_call_to_the_end_of_the_body() {
    let (server, _) = counting().await;
    let chaos = ChaosManager::new();
    let _late = inject(
        &chaos,
        Fault::latency(Duration::from_millis(400)),
        Phase::Before,
    );
    // Shorter than the limit, and longer than what is left of it.
    let _slow = inject(
        &chaos,
        Fault::latency(Duration::from_millis(500)),
        Phase::During,
    );
    let limited = payments(&chaos, |builder| {
        builder.timeout(Duration::from_millis(600))
    });
    // On a busy machine the limit may pass before the body.
    let error = match call(limited, get(&server.url())).await {
        Ok(response) => response.text().await.unwrap_err(),
        Err(error) => error,
    };
    assert!(error.is_timeout(), "{error:?}");
}

#[tokio::test]
async fn a_call_without_limits_waits_for_the_fault() {
    let (server, worked) = counting().await;
    let chaos = ChaosManager::new();
    let held = inject(&chaos, Fault::latency(FOREVER), Phase::Before);
    let service = payments(&chaos, |builder| builder);
    let waiting = tokio::spawn(call(service, get(&server.url())));
    held.wait_for(1).await.unwrap();
    assert_eq!(worked.load(Ordering::Relaxed), 0);
    drop(held);
    assert_eq!(waiting.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn errors_of_redirected_calls_have_the_url_of_the_request() {
    let chaos = ChaosManager::new();
    let url = "http://payments.invalid/charge";
    for failure in [
        Failure::Refused,
        Failure::Reset,
        Failure::Closed,
        Failure::TimedOut,
    ] {
        let _broken = inject(&chaos, Fault::error(failure), Phase::Before);
        let error = call(payments(&chaos, |builder| builder), get(url)).await;
        let error = error.unwrap_err();
        assert_eq!(error.url().map(Url::as_str), Some(url), "{error:?}");
    }
}

/// Starts a proxy that responds, and returns the first lines of its requests so far.
async fn proxy() -> (Server, Arc<Mutex<Vec<String>>>) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&lines);
    let server = Server::each(move |stream| {
        let lines = Arc::clone(&all);
        async move {
            let mut stream = BufReader::new(stream);
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).await?;
                lines.lock().unwrap().push(line.trim_end().to_owned());
                while line != "\r\n" {
                    line.clear();
                    stream.read_line(&mut line).await?;
                }
                let ok = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
                stream.write_all(ok).await?;
            }
        }
    });
    (server.await, lines)
}

#[tokio::test]
async fn a_proxy_between_a_client_and_its_own_process_shows_no_limit() {
    let (service, worked) = counting().await;
    let url = service.url();
    let port = url.parse::<Url>().unwrap().port();
    let (answers, _) = proxy().await;
    let (closed, closes) = (ClosedPort::bind(), Server::closes().await);
    let hangs = BlackHole::fill().await;
    for (count, proxy) in (1..).zip([answers.url(), closed.url(), closes.url(), hangs.url()]) {
        let chaos = ChaosManager::new();
        let late = inject(&chaos, Fault::latency(3 * LIMIT), Phase::Before);
        let elsewhere = move |url: &Url| (url.port() != port).then(|| proxy.clone());
        let client = payments(&chaos, |builder| {
            let builder = builder.proxy(Proxy::custom(elsewhere));
            builder.connect_timeout(LIMIT)
        });
        let response = call(client, get(&url)).await.unwrap();
        assert_eq!((response.status().as_u16(), late.injected()), (200, 1));
        assert_eq!(worked.load(Ordering::Relaxed), count);
    }
}

#[tokio::test]
async fn calls_to_a_failing_address_ask_for_nothing() {
    let (proxy, lines) = proxy().await;
    let harmless = |line: &String| {
        line.starts_with("OPTIONS http://127.0.0.1:") && line.contains("/chaos-failing-address ")
    };
    for fault in [Fault::latency(LIMIT), Fault::error(Failure::Reset)] {
        let chaos = ChaosManager::new();
        let _held = inject(&chaos, fault, Phase::Before);
        let client = payments(&chaos, |builder| {
            builder.proxy(Proxy::all(proxy.url()).unwrap())
        });
        call(client, get("http://payments.test/charge"))
            .await
            .unwrap();
        let lines = std::mem::take(&mut *lines.lock().unwrap());
        assert!(lines.iter().any(harmless), "{lines:?}");
    }
}

#[tokio::test]
async fn a_client_that_imitates_connections_makes_no_call_to_show_its_limits() {
    let (proxy, lines) = proxy().await;
    let chaos = ChaosManager::new();
    let late = inject(&chaos, Fault::latency(LIMIT), Phase::Before);
    let layer = ChaosLayer::client(&chaos, "payments").imitating_connections();
    let client = reqwest::Client::builder().proxy(Proxy::all(proxy.url()).unwrap());
    let client = layer.layer(client.build().unwrap());
    call(client, get("http://payments.test/charge"))
        .await
        .unwrap();
    assert_eq!(late.injected(), 1);
    let lines = lines.lock().unwrap();
    assert_eq!(*lines, ["GET http://payments.test/charge HTTP/1.1"]);
}

/// A client that sends when it is called.
#[derive(Clone)]
struct Eager(Arc<AtomicU32>);

impl Service<Request> for Eager {
    type Response = Response;
    type Error = reqwest::Error;
    type Future = Ready<Result<Response, reqwest::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), reqwest::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request) -> Self::Future {
        self.0.fetch_add(1, Ordering::Relaxed);
        ready(Ok(http::Response::new("sent").into()))
    }
}

#[tokio::test]
async fn a_client_that_sends_when_it_is_called_is_not_called_early() {
    let chaos = ChaosManager::new();
    let sent = Arc::new(AtomicU32::new(0));
    let mut service = ChaosLayer::client(&chaos, "payments").layer(Eager(Arc::clone(&sent)));
    let held = inject(&chaos, Fault::latency(FOREVER), Phase::Before);
    let mut call = pin!(service.call(get("http://payments.test/")));
    let mut context = Context::from_waker(Waker::noop());
    assert!(call.as_mut().poll(&mut context).is_pending());
    assert_eq!(sent.load(Ordering::Relaxed), 0);
    drop(held);
    assert_eq!(call.await.unwrap().status(), 200);
    assert_eq!(sent.load(Ordering::Relaxed), 1);
}
