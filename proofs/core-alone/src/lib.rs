//! Proves that the core's feature `inject` is enough: everything that an adapter wraps is injected into, without any
//! feature of the adapter. The client of reqwest is the exception, and its faults are refused.
#![cfg(test)]

use std::convert::Infallible;
use std::io;

use bytes::Bytes;
use chaos_core::{BlastRadius, ChaosManager, Error, ExperimentGuard, Failure, Fault};
use chaos_net::StreamSite;
use chaos_sqlx::ChaosPool;
use chaos_tower::{ChaosConnector, ChaosLayer};
use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use sqlx::SqlitePool;
use tokio::net::TcpStream;
use tower::{ServiceExt, service_fn};

type Body = Empty<Bytes>;

/// Makes every service in a blast radius refuse connections.
fn gone(chaos: &ChaosManager, reached: BlastRadius) -> ExperimentGuard {
    chaos
        .inject(reached, Fault::error(Failure::Refused))
        .unwrap()
}

/// Where nobody listens: what is not struck ends as well, and only the count tells.
const NOBODY: &str = "127.0.0.1:1";

fn url() -> String {
    format!("http://{NOBODY}/charge")
}

/// The hop in reqwest's connections needs an HTTP server, which only the adapter's own feature brings.
#[test]
fn faults_of_reqwest_s_client_are_refused_by_name() {
    let chaos = ChaosManager::new();
    let builder = reqwest::Client::builder().no_proxy();
    let _http = chaos_tower::reqwest::client(&chaos, "payments", builder).unwrap();
    for radius in [
        BlastRadius::calls_to("payments"),
        BlastRadius::streams_to("payments"),
    ] {
        let refused = chaos.inject(radius, Fault::error(Failure::Unavailable));
        let error = refused.unwrap_err();
        assert!(matches!(&error, Error::NotSupported { .. }), "{error}");
    }
}

#[tokio::test]
async fn the_connections_of_hyper_util_s_client_are_struck() {
    let chaos = ChaosManager::new();
    let connector = ChaosConnector::new(HttpConnector::new(), &chaos, "payments");
    let http: Client<_, Body> = Client::builder(TokioExecutor::new()).build(connector);
    let gone = gone(&chaos, BlastRadius::streams_to("payments"));
    assert!(
        http.get(url().parse().unwrap())
            .await
            .unwrap_err()
            .is_connect()
    );
    assert_eq!(gone.injected(), 1);
}

#[tokio::test]
async fn a_service_in_a_layer_is_struck() {
    let chaos = ChaosManager::new();
    let orders =
        service_fn(async |_: Request<Body>| Ok::<_, Infallible>(Response::new(Body::new())));
    let orders = tower::ServiceBuilder::new()
        .layer(ChaosLayer::server(&chaos, "orders"))
        .service(orders);
    let gone = gone(&chaos, BlastRadius::requests_to("orders"));
    let answer = orders.oneshot(Request::new(Body::new())).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(gone.injected(), 1);
}

#[tokio::test]
async fn a_stream_is_struck() {
    let chaos = ChaosManager::new();
    let payments = StreamSite::new(&chaos, "payments");
    let gone = gone(&chaos, BlastRadius::streams_to("payments"));
    let connected = payments.connect(TcpStream::connect(NOBODY)).await;
    assert_eq!(
        connected.unwrap_err().kind(),
        io::ErrorKind::ConnectionRefused
    );
    assert_eq!(gone.injected(), 1);
}

#[tokio::test]
async fn a_pool_is_struck() {
    let chaos = ChaosManager::new();
    let pool = SqlitePool::connect("sqlite::memory:").await.unwrap();
    let db = ChaosPool::new(pool, &chaos, "orders-db");
    let statements = BlastRadius::queries_on("orders-db").operation("SELECT");
    let gone = gone(&chaos, statements);
    sqlx::query("SELECT 1").execute(&db).await.unwrap_err();
    assert_eq!(gone.injected(), 1);
}
