//! hyper-util's client with connections of ours.

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

use real::{BlackHole, ClosedPort, Framing, Server};
use seen::Seen;

#[path = "fidelity/real.rs"]
#[allow(dead_code, reason = "the rest of it is the fidelity test's")]
mod real;
#[path = "fidelity/seen.rs"]
#[allow(dead_code, reason = "the rest of it is the fidelity test's")]
mod seen;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789";
const HEAD: u64 = 39;
const PATIENCE: Duration = Duration::from_millis(500);

type Plain = Client<HttpConnector, Empty<Bytes>>;
type Ours = Client<ChaosConnector<HttpConnector>, Empty<Bytes>>;

fn http() -> HttpConnector {
    let mut http = HttpConnector::new();
    http.set_connect_timeout(Some(PATIENCE));
    http
}

fn plain() -> Plain {
    Client::builder(TokioExecutor::new()).build(http())
}

fn ours(chaos: &ChaosManager) -> Ours {
    Client::builder(TokioExecutor::new()).build(ChaosConnector::new(http(), chaos, "payments"))
}

fn inject(chaos: &ChaosManager, operation: &str, fault: Fault) -> ExperimentGuard {
    let radius = BlastRadius::streams_to("payments").operation(operation);
    chaos.inject(radius, fault).unwrap()
}

#[tokio::test]
async fn what_really_happens_is_seen_as_by_a_bare_client() {
    let chaos = ChaosManager::new();
    for url in [
        Server::answers(OK).await.url(),
        "http://host.invalid/".to_owned(),
    ] {
        let expected = Seen::by_hyper(plain(), &url).await;
        assert_eq!(Seen::by_hyper(ours(&chaos), &url).await, expected, "{url}");
    }
    let (closed, hole) = (ClosedPort::bind(), BlackHole::fill().await);
    for url in [closed.url(), hole.url()] {
        let expected = Seen::by_hyper(plain(), &url).await;
        assert_eq!(Seen::by_hyper(ours(&chaos), &url).await, expected, "{url}");
    }
}

#[tokio::test]
async fn what_we_do_is_seen_as_the_real_thing() {
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    let refused = ClosedPort::bind();
    let refused = Seen::by_hyper(plain(), &refused.url()).await;
    assert_eq!(refused.io, [ErrorKind::ConnectionRefused]);
    let reset = Server::resets().await;
    let reset = Seen::by_hyper(plain(), &reset.url()).await;
    assert_eq!(reset.io, [ErrorKind::ConnectionReset]);
    let closed = Server::closes().await;
    let closed = Seen::by_hyper(plain(), &closed.url()).await;
    let cut = Server::closes_midway(Framing::ContentLength).await;
    let cut = Seen::by_hyper(plain(), &cut.url()).await;
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
        let seen = Seen::by_hyper(ours(&chaos), &server.url()).await;
        assert_eq!(seen, expected, "{operation}");
        assert_eq!(guard.injected(), 1);
    }
}

#[tokio::test]
async fn a_connection_tells_what_the_one_in_it_does() {
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

/// What `hyper_rustls::HttpsConnector` wants of the connector in it.
fn goes_into_an_https_connector<C>(_: C)
where
    C: Service<Uri, Future: Send + 'static, Error: Into<Box<dyn std::error::Error + Send + Sync>>>,
    C::Response: Connection + hyper::rt::Read + hyper::rt::Write + Send + Unpin + 'static,
{
}

#[tokio::test]
async fn it_goes_where_connectors_go() {
    fn is_a_connector<C: connect::Connect + Clone>(_: C) {}
    let connector = ChaosConnector::new(HttpConnector::new(), &ChaosManager::new(), "payments");
    goes_into_an_https_connector(connector.clone());
    is_a_connector(connector);
}
