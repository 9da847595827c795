//! hyper-util's client with a `ChaosConnector`.

use std::io::ErrorKind;
use std::time::Duration;

use bytes::Bytes;
use chaos_tower::{
    BlastRadius, ChaosConnector, ChaosManager, Disconnect, ExperimentGuard, Failure, Fault,
};
use http::Uri;
use http_body_util::Empty;
use hyper_util::client::legacy::connect::{Connection, HttpConnector, HttpInfo};
use hyper_util::client::legacy::{Client, connect};
use hyper_util::rt::TokioExecutor;
use tower::{Service, ServiceExt};

use caller_view::CallerView;
use real_failures::{BlackHole, ClosedPort, Framing, Server};

#[path = "fidelity/caller_view.rs"]
#[allow(dead_code, reason = "the fidelity test uses the rest")]
mod caller_view;
#[path = "fidelity/real_failures.rs"]
#[allow(dead_code, reason = "the fidelity test uses the rest")]
mod real_failures;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789";
const HEAD: u64 = 39;
const PATIENCE: Duration = Duration::from_millis(500);

type Plain = Client<HttpConnector, Empty<Bytes>>;
type Chaotic = Client<ChaosConnector<HttpConnector>, Empty<Bytes>>;

fn http() -> HttpConnector {
    let mut http = HttpConnector::new();
    http.set_connect_timeout(Some(PATIENCE));
    http
}

fn plain() -> Plain {
    Client::builder(TokioExecutor::new()).build(http())
}

fn chaotic(chaos: &ChaosManager) -> Chaotic {
    Client::builder(TokioExecutor::new()).build(ChaosConnector::new(http(), chaos, "payments"))
}

fn inject(chaos: &ChaosManager, operation: &str, fault: Fault) -> ExperimentGuard {
    let radius = BlastRadius::streams_to("payments").operation(operation);
    chaos.inject(radius, fault).unwrap()
}

#[tokio::test]
async fn real_failures_look_the_same_as_to_a_plain_client() {
    let chaos = ChaosManager::new();
    for url in [
        Server::answers(OK).await.url(),
        "http://host.invalid/".to_owned(),
    ] {
        let expected = CallerView::by_hyper(plain(), &url).await;
        assert_eq!(
            CallerView::by_hyper(chaotic(&chaos), &url).await,
            expected,
            "{url}"
        );
    }
    let (closed, hole) = (ClosedPort::bind(), BlackHole::fill().await);
    for url in [closed.url(), hole.url()] {
        let expected = CallerView::by_hyper(plain(), &url).await;
        assert_eq!(
            CallerView::by_hyper(chaotic(&chaos), &url).await,
            expected,
            "{url}"
        );
    }
}

#[tokio::test]
async fn injected_failures_look_like_real_ones() {
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    let refused = ClosedPort::bind();
    let refused = CallerView::by_hyper(plain(), &refused.url()).await;
    assert_eq!(refused.io, [ErrorKind::ConnectionRefused]);
    let reset = Server::resets().await;
    let reset = CallerView::by_hyper(plain(), &reset.url()).await;
    assert_eq!(reset.io, [ErrorKind::ConnectionReset]);
    let closed = Server::closes().await;
    let closed = CallerView::by_hyper(plain(), &closed.url()).await;
    let cut = Server::closes_midway(Framing::ContentLength).await;
    let cut = CallerView::by_hyper(plain(), &cut.url()).await;
    assert_eq!(cut.io, [ErrorKind::UnexpectedEof]);
    for (operation, fault, expected) in [
        ("connect", Fault::error(Failure::Refused), refused),
        ("read", Fault::reset(), reset),
        ("read", Fault::disconnect(Disconnect::CutAfter(0)), closed),
        (
            "read",
            Fault::disconnect(Disconnect::CutAfter(HEAD + 5)),
            cut,
        ),
    ] {
        let guard = inject(&chaos, operation, fault);
        let seen = CallerView::by_hyper(chaotic(&chaos), &server.url()).await;
        assert_eq!(seen, expected, "{operation}");
        assert_eq!(guard.injected(), 1);
    }
}

#[tokio::test]
async fn a_connection_reports_the_info_of_the_inner_one() {
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    let uri: Uri = server.url().parse().unwrap();
    let connector = ChaosConnector::new(HttpConnector::new(), &chaos, "payments");
    let connection = connector.oneshot(uri.clone()).await.unwrap();
    let mut extras = http::Extensions::new();
    connection.connected().get_extras(&mut extras);
    let info = extras.get::<HttpInfo>().unwrap();
    assert_eq!(
        info.remote_addr().to_string(),
        uri.authority().unwrap().as_str()
    );
}

/// Has the bounds of `hyper_rustls::HttpsConnector` on its inner connector.
fn accept_like_an_https_connector<C>(_: C)
where
    C: Service<Uri, Future: Send + 'static, Error: Into<Box<dyn std::error::Error + Send + Sync>>>,
    C::Response: Connection + hyper::rt::Read + hyper::rt::Write + Send + Unpin + 'static,
{
}

#[tokio::test]
async fn the_connector_has_the_bounds_of_other_connectors() {
    fn accept_like_a_client<C: connect::Connect + Clone>(_: C) {}
    let connector = ChaosConnector::new(HttpConnector::new(), &ChaosManager::new(), "payments");
    accept_like_an_https_connector(connector.clone());
    accept_like_a_client(connector);
}
