//! Decisions of a server, which do not depend on the connections of its requests.

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use chaos_tower::{BlastRadius, ChaosLayer, ChaosManager, Failure, Fault, Rate};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

/// How requests share connections.
#[derive(Clone, Copy)]
enum Connections {
    Shared,
    OnePerRequest,
}

/// Returns which of a thousand sequential requests fail.
async fn failed(connections: Connections) -> Vec<bool> {
    let chaos = ChaosManager::builder().seed(7).build();
    let half = BlastRadius::requests_to("orders").rate(Rate::percent(50.0).unwrap());
    let guard = chaos
        .inject(half, Fault::error(Failure::Unavailable))
        .unwrap();
    let app = Router::new()
        .route("/orders", get(async || "orders"))
        .layer(ChaosLayer::server(&chaos, "orders"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/orders", listener.local_addr().unwrap());
    let server = tokio::spawn(async { axum::serve(listener, app).await });
    let idle = match connections {
        Connections::Shared => usize::MAX,
        Connections::OnePerRequest => 0,
    };
    let client = Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(idle)
        .build_http::<Empty<Bytes>>();
    let mut failed = Vec::new();
    for _ in 0..1_000 {
        let request = Request::get(&url).body(Empty::new()).unwrap();
        let reply = client.request(request).await.unwrap();
        failed.push(reply.status() == StatusCode::SERVICE_UNAVAILABLE);
        // The connection can be reused only when the body has been read.
        reply.into_body().collect().await.unwrap();
    }
    server.abort();
    let count = failed.iter().filter(|failed| **failed).count();
    assert_eq!(guard.injected(), count as u64);
    failed
}

#[tokio::test]
async fn decisions_do_not_depend_on_the_number_of_connections() {
    let one = failed(Connections::Shared).await;
    let each = failed(Connections::OnePerRequest).await;
    let count = one.iter().filter(|failed| **failed).count();
    // 99.9 % of all draws of 1,000 at 50 %.
    assert!((448..=552).contains(&count), "{count}");
    assert_eq!(one, each);
}
