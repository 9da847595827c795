//! `ChaosLayer::server`: on axum's server with a `ChaosListener`, and on HTTP/2.

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use chaos_tower::{BlastRadius, ChaosLayer, ChaosListener, ChaosManager, Connection};
use http::Response;
use http_body_util::channel::Channel;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::{Injected, requests};
use crate::observation::{FIRST, Observer, SECOND};
use crate::real_failures::{Framing, Server};
use crate::table::{Column, Row};

pub(super) async fn injected(row: Row, column: Column) -> Option<Injected> {
    if (row, column) == (Row::CutInChunks, Column::ServerHttp2) {
        // HTTP/2 has no chunked transfer coding.
        return None;
    }
    let chaos = ChaosManager::new();
    let guard = requests::start(row, &chaos, BlastRadius::requests_to("orders"))?;
    let orders = Orders::default();
    let app = orders.app(&chaos, row.framing());
    let go_on = Arc::clone(&orders.go_on);
    let observer = Observer {
        row,
        on_response: Arc::new(move || go_on.notify_one()),
    };
    let observed = match column {
        Column::ServerHttp2 => {
            let server = http2(app).await;
            let client = row.reqwest().http2_prior_knowledge().build();
            let client = client.expect("a client");
            if row.succeeds_first() {
                observer.reqwest(client.clone(), &server.url()).await;
            }
            observer.reqwest(client, &server.url()).await
        }
        Column::ServerToHyper => {
            let (url, _serving) = http1(app, &chaos).await;
            let client = Row::hyper();
            if row.succeeds_first() {
                observer.hyper(client.clone(), &url).await;
            }
            observer.hyper(client, &url).await
        }
        _ => {
            let (url, _serving) = http1(app, &chaos).await;
            let client = row.reqwest().build().expect("a client");
            if row.succeeds_first() {
                observer.reqwest(client.clone(), &url).await;
            }
            observer.reqwest(client, &url).await
        }
    };
    Some(Injected {
        observed,
        times: guard.injected(),
        worked: orders.worked.load(Ordering::Relaxed),
    })
}

/// A service that sends half of its body, and the rest once the caller has received the response.
#[derive(Default)]
struct Orders {
    worked: Arc<AtomicU32>,
    go_on: Arc<Notify>,
}

impl Orders {
    fn app(&self, chaos: &ChaosManager, framing: Framing) -> Router {
        let (worked, go_on) = (Arc::clone(&self.worked), Arc::clone(&self.go_on));
        let handler = async move || {
            worked.fetch_add(1, Ordering::Relaxed);
            let (mut sender, body) = Channel::<Bytes, io::Error>::new(1);
            tokio::spawn(async move {
                let _ = sender.send_data(FIRST.into()).await;
                go_on.notified().await;
                let _ = sender.send_data(SECOND.into()).await;
            });
            framing.response(axum::body::Body::new(body)) as Response<_>
        };
        Router::new()
            .route("/", get(handler))
            .layer(ChaosLayer::server(chaos, "orders"))
    }
}

/// Starts axum's own server, which ends when the returned set is dropped.
async fn http1(app: Router, chaos: &ChaosManager) -> (String, JoinSet<io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("bound"));
    let listener = ChaosListener::new(listener, chaos, "orders");
    let app = app.into_make_service_with_connect_info::<Connection>();
    let mut serving = JoinSet::new();
    serving.spawn(async { axum::serve(listener, app).await });
    (url, serving)
}

/// Starts hyper's server: axum's would need a feature that turns HTTP/2 on for all other tests, too.
async fn http2(app: Router) -> Server {
    Server::each(move |stream| {
        let app = app.clone();
        async move {
            let app = service_fn(move |request| app.clone().oneshot(request));
            let serving = http2::Builder::new(TokioExecutor::new());
            // Expected to fail.
            let _ = serving.serve_connection(TokioIo::new(stream), app).await;
            pending().await
        }
    })
    .await
}
