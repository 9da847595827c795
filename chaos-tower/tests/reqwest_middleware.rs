//! The middleware for reqwest-middleware: its faults are errors of the inner client.

use std::error::Error as _;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use chaos_tower::reqwest::ChaosMiddleware;
use chaos_tower::{BlastRadius, ChaosManager, Disconnect, Experiment, Failure, Fault, Phase};
use http::Extensions;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next, Result};

use real_failures::Server;

#[path = "fidelity/real_failures.rs"]
#[allow(dead_code, reason = "the fidelity test uses the rest")]
mod real_failures;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789";

/// Counts the requests that reach it, and leaves a note in the extensions.
#[derive(Clone, Default)]
struct Inner(Arc<AtomicU32>);

#[derive(Clone)]
struct Note;

#[async_trait::async_trait]
impl Middleware for Inner {
    async fn handle(
        &self,
        request: reqwest::Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<reqwest::Response> {
        self.0.fetch_add(1, Ordering::Relaxed);
        extensions.insert(Note);
        next.run(request, extensions).await
    }
}

fn payments(chaos: &ChaosManager, inner: Inner) -> ClientWithMiddleware {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    ClientBuilder::new(client)
        .with(ChaosMiddleware::new(chaos, "payments"))
        .with(inner)
        .build()
}

fn io_kind(error: &reqwest_middleware::Error) -> Option<io::ErrorKind> {
    let mut next = error.source();
    while let Some(error) = next {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return Some(io.kind());
        }
        next = error.source();
    }
    None
}

#[tokio::test]
async fn an_unaffected_request_passes() {
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    let client = payments(&chaos, Inner::default());
    let request = client.get(server.url()).build().unwrap();
    let mut extensions = Extensions::new();
    let response = client
        .execute_with_extensions(request, &mut extensions)
        .await
        .unwrap();
    assert_eq!(response.text().await.unwrap(), "0123456789");
    assert!(extensions.get::<Note>().is_some());
}

#[tokio::test]
async fn a_failure_of_the_connection_is_an_error_of_reqwest() {
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    let client = payments(&chaos, Inner::default());
    for (failure, kind) in [
        (Failure::Refused, Some(io::ErrorKind::ConnectionRefused)),
        (Failure::Reset, Some(io::ErrorKind::ConnectionReset)),
        (Failure::TimedOut, None),
    ] {
        let down = chaos
            .inject(BlastRadius::calls_to("payments"), Fault::error(failure))
            .unwrap();
        let error = client.get(server.url()).send().await.unwrap_err();
        assert!(!error.is_middleware(), "{error:?}");
        assert_eq!(error.is_connect(), failure == Failure::Refused);
        assert_eq!(error.is_timeout(), failure == Failure::TimedOut);
        assert_eq!(io_kind(&error), kind, "{error:?}");
        assert_eq!(down.injected(), 1);
    }
}

#[tokio::test]
async fn a_lost_reply_was_still_requested() {
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    let inner = Inner::default();
    let client = payments(&chaos, inner.clone());
    let lost = Experiment::new("lost")
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(BlastRadius::calls_to("payments"))
        .phase(Phase::After);
    let _lost = chaos.start(lost).unwrap();
    let request = client.get(server.url()).build().unwrap();
    let mut extensions = Extensions::new();
    let response = client
        .execute_with_extensions(request, &mut extensions)
        .await
        .unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(inner.0.load(Ordering::Relaxed), 1);
    // The extensions that the call wrote are kept.
    assert!(extensions.get::<Note>().is_some());
}

#[tokio::test]
async fn a_body_can_be_cut() {
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    let client = payments(&chaos, Inner::default());
    let cut = Experiment::new("cut")
        .fault(Fault::disconnect(Disconnect::CutAfter(4)))
        .blast_radius(BlastRadius::calls_to("payments"))
        .phase(Phase::During);
    let _cut = chaos.start(cut).unwrap();
    let mut response = client.get(server.url()).send().await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), &b"0123"[..]);
    assert!(response.chunk().await.unwrap_err().is_decode());
}
