//! Proves that what is compiled out costs nothing: a point, and a call around, take as many instructions as a bare call.
//!
//! `cargo run --release` counts with valgrind and fails if there is any difference; with `--features chaos` it prints
//! what the staging build costs instead.

use std::convert::Infallible;
use std::error::Error;
use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use chaos_core::{BlastRadius, ChaosManager, Failure, Fault, Site};
use chaos_tower::ChaosLayer;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use instructions::{Counted, instructions_of_this};

#[path = "../../../benches/src/instructions.rs"]
mod instructions;

mod api;

const TIMES: u64 = 100_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [name, times] = arguments.as_slice() {
        run(name, times.parse()?);
        return Ok(());
    }
    nothing_starts();
    let bare = per_operation("call")?;
    println!("bare call: {bare} instructions");
    let mut differ = false;
    for wrapped in ["call around", "call point"] {
        let cost = per_operation(wrapped)?;
        println!("{wrapped}: {cost} instructions");
        differ |= cost != bare;
    }
    for service in ["any service", "axum's body"] {
        let (bare, wrapped) = (
            format!("{service}, bare"),
            format!("{service}, in its layer"),
        );
        let costs = (per_operation(&bare)?, per_operation(&wrapped)?);
        println!("{bare}: {}; {wrapped}: {} instructions", costs.0, costs.1);
        differ |= costs.0 != costs.1;
    }
    println!("in an empty layer {}", per_operation("axum's body, in an empty layer")?);
    // A body that has to be another type is copied apart from its head: not a difference that is promised away.
    println!(
        "its own body, bare: {}; in its layer: {}",
        per_operation("own body, bare")?,
        per_operation("own body, in its layer")?
    );
    match (differ, cfg!(feature = "chaos")) {
        (true, false) => Err("compiled out, and yet it costs something".into()),
        _ => Ok(()),
    }
}

/// Asking for a fault is refused loudly, never silently nothing.
fn nothing_starts() {
    let chaos = ChaosManager::new();
    let started = chaos.inject(
        BlastRadius::points_at("pms"),
        Fault::error(Failure::Unavailable),
    );
    assert_eq!(
        matches!(started, Err(chaos_core::Error::CompiledOut { .. })),
        !cfg!(feature = "chaos"),
        "{started:?}"
    );
}

fn run(name: &str, times: u64) {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let layer = ChaosLayer::server(&chaos, "orders");
    let mut own = Handler(String::new);
    let mut own_wrapped = layer.layer(own.clone());
    let mut axum = Handler(axum_core::body::Body::default);
    let mut axum_wrapped = layer.layer(axum.clone());
    let mut axum_empty = Empty(axum.clone());
    let any = ChaosLayer::service(&chaos, "cache", |fault| std::io::Error::from(fault));
    let mut cache = Cache;
    let mut cache_wrapped = any.layer(Cache);
    let get = || Request::new(());
    match name {
        "call" => (0..times).for_each(|at| keep(now(call(at)))),
        "call around" => (0..times).for_each(|at| keep(now(around(&site, at)))),
        "call point" => (0..times).for_each(|at| keep(now(after_point(&site, at)))),
        "any service, bare" => (0..times).for_each(|at| keep(now(cache.call(at)))),
        "any service, in its layer" => (0..times).for_each(|at| keep(now(cache_wrapped.call(at)))),
        "axum's body, bare" => (0..times).for_each(|_| keep(now(axum.call(get())))),
        "axum's body, in its layer" => {
            (0..times).for_each(|_| keep(now(axum_wrapped.call(get()))));
        }
        "axum's body, in an empty layer" => {
            (0..times).for_each(|_| keep(now(axum_empty.call(get()))));
        }
        "own body, bare" => (0..times).for_each(|_| keep(now(own.call(get())))),
        "own body, in its layer" => (0..times).for_each(|_| keep(now(own_wrapped.call(get())))),
        _ => unreachable!("the names are given above"),
    }
}

fn keep<T>(value: T) {
    black_box(value);
}

fn call(at: u64) -> Ready<Result<u64, std::io::Error>> {
    ready(Ok(black_box(at)))
}

fn around(site: &Site, at: u64) -> impl Future<Output = Result<u64, std::io::Error>> {
    site.around("reserve", call(at))
}

async fn after_point(site: &Site, at: u64) -> Result<u64, std::io::Error> {
    site.point("reserve").await?;
    call(at).await
}

#[derive(Clone)]
struct Cache;

impl Service<u64> for Cache {
    type Response = u64;
    type Error = std::io::Error;
    type Future = Ready<Result<u64, std::io::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), std::io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, key: u64) -> Self::Future {
        call(key)
    }
}

/// What any layer is at least.
struct Empty<S>(S);

impl<S: Service<Request>, Request> Service<Request> for Empty<S> {
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

struct Handler<Body>(fn() -> Body);

impl<Body> Clone for Handler<Body> {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

impl<Body> Service<Request<()>> for Handler<Body> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        black_box(&request);
        ready(Ok(Response::new((self.0)())))
    }
}

/// The output of a future that is ready at its first poll.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(black_box(&mut Context::from_waker(Waker::noop()))) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("nothing here waits"),
    }
}

fn per_operation(name: &str) -> Result<f64, Box<dyn Error>> {
    instructions_of_this(name, TIMES, Counted::Process)
}
