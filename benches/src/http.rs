//! HTTP services and routers, bare and behind a `ChaosLayer`.

use std::convert::Infallible;
use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use chaos_core::ChaosManager;
use chaos_tower::ChaosLayer;
use http::{Request, Response};
use http_body_util::Full;
use tower::{Layer, Service};

use crate::{keep, now, repeat};

type Reply = Result<Response<Full<Bytes>>, Infallible>;

/// A typical service, whose future is boxed.
fn hello(request: Request<()>) -> Pin<Box<dyn Future<Output = Reply>>> {
    Box::pin(async {
        black_box(request);
        Ok(Response::new(Full::new(Bytes::from_static(b"hello"))))
    })
}

pub(crate) fn bare() -> Box<dyn FnMut(u64)> {
    let mut service = tower::service_fn(hello);
    repeat(move || now(service.call(black_box(Request::new(())))))
}

pub(crate) fn wrapped() -> Box<dyn FnMut(u64)> {
    let chaos = ChaosManager::new();
    let mut service = ChaosLayer::server(&chaos, "orders").layer(tower::service_fn(hello));
    keep(
        chaos,
        repeat(move || now(service.call(black_box(Request::new(()))))),
    )
}

/// The layer around a route.
#[derive(Clone, Copy)]
pub(crate) enum Around {
    /// A layer that does nothing.
    NothingAtAll,
    ChaosLayer,
}

pub(crate) fn router(around: Around) -> Box<dyn FnMut(u64)> {
    let chaos = ChaosManager::new();
    let app = Router::new().route("/hello", get(async || "hello"));
    let app = match around {
        Around::NothingAtAll => app.layer(Transparent),
        Around::ChaosLayer => app.layer(ChaosLayer::server(&chaos, "orders")),
    };
    // Once its state is set, a router applies its layers once instead of for each request.
    let mut app: Router = app.with_state(());
    let request = || {
        let mut request = Request::new(axum::body::Body::empty());
        *request.uri_mut() = http::Uri::from_static("/hello");
        request
    };
    keep(chaos, repeat(move || now(app.call(black_box(request())))))
}

/// The layer that all others are compared with.
#[derive(Debug, Clone, Copy)]
pub struct Transparent;

/// A service behind [`Transparent`], which forwards every call unchanged.
#[derive(Debug, Clone)]
pub struct Straight<S>(S);

impl<S> Layer<S> for Transparent {
    type Service = Straight<S>;

    fn layer(&self, inner: S) -> Straight<S> {
        Straight(inner)
    }
}

impl<S: Service<Request>, Request> Service<Request> for Straight<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> S::Future {
        self.0.call(request)
    }
}
