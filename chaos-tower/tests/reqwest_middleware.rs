//! The middleware for reqwest-middleware: the same faults, as the errors of the client in it.

use std::error::Error as _;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use chaos_tower::reqwest::ChaosMiddleware;
use chaos_tower::{BlastRadius, ChaosManager, Disconnect, Experiment, Failure, Fault, Phase};
use http::Extensions;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next, Result};

use real::Server;

#[path = "fidelity/real.rs"]
#[allow(dead_code, reason = "the rest of it is the fidelity test's")]
mod real;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789";

/// Counts what gets through to it, and leaves a note with the caller.
#[derive(Clone, Default)]
struct Behind(Arc<AtomicU32>);

#[derive(Clone)]
struct Note;

#[async_trait::async_trait]
impl Middleware for Behind {
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

fn payments(chaos: &ChaosManager, behind: Behind) -> ClientWithMiddleware {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    ClientBuilder::new(client)
        .with(ChaosMiddleware::new(chaos, "payments"))
        .with(behind)
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
async fn what_nothing_concerns_goes_through() {
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    let client = payments(&chaos, Behind::default());
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
async fn a_failure_of_the_connection_is_an_error_of_reqwests() {
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    let client = payments(&chaos, Behind::default());
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
async fn a_reply_that_is_lost_was_called_for_all_the_same() {
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    let behind = Behind::default();
    let client = payments(&chaos, behind.clone());
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
    assert_eq!(behind.0.load(Ordering::Relaxed), 1);
    // What the call left with its caller is still there.
    assert!(extensions.get::<Note>().is_some());
}

#[tokio::test]
async fn a_body_can_be_cut() {
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    let client = payments(&chaos, Behind::default());
    let cut = Experiment::new("cut")
        .fault(Fault::disconnect(Disconnect::CutAfter(4)))
        .blast_radius(BlastRadius::calls_to("payments"))
        .phase(Phase::During);
    let _cut = chaos.start(cut).unwrap();
    let mut response = client.get(server.url()).send().await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), &b"0123"[..]);
    assert!(response.chunk().await.unwrap_err().is_decode());
}
