//! The operations to measure, of these crates and of comparable ones, and what benchmarks share.

pub mod control_group;
mod http;

pub use http::{Straight, Transparent};

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};

use arc_swap::ArcSwap;
use chaos_core::{
    BlastRadius, ChaosManager, Experiment, ExperimentGuard, Failure, Fault, Operation, Rate, Scope,
    Site,
};
use chaos_tower::ChaosLayer;
use tower::{Layer, Service};

/// An operation to measure, and its setup.
pub struct Scenario {
    /// The name in the tables.
    pub name: &'static str,
    /// Sets up the world, and returns a function that performs the operation a number of times.
    pub prepare: fn() -> Box<dyn FnMut(u64)>,
}

/// The request key of the keyed scenarios, as long as a UUID.
pub const KEY: &str = "5d9b7e0c-0b6e-4a58-9d53-5f1c6e0a7a11";

/// All scenarios, of these crates and of comparable ones.
pub const SCENARIOS: &[Scenario] = &[
    scenario("empty loop", || repeat(|| true)),
    scenario("relaxed load and branch", relaxed_load),
    scenario("arc-swap load", arc_swap_load),
    scenario("site, nothing concerns it", || ask(Elsewhere(0))),
    scenario("the same, 10,000 experiments elsewhere", || {
        ask(Elsewhere(10_000))
    }),
    scenario("point, nothing concerns it", point),
    scenario("fail: a point, one other configured", fail_point_elsewhere),
    scenario("bare service", bare_service),
    scenario("the same in ChaosLayer::service", wrapped_service),
    scenario("bare HTTP service", http::bare),
    scenario("the same in ChaosLayer::server", http::wrapped),
    scenario("axum router, an empty layer", || {
        http::router(http::Around::NothingAtAll)
    }),
    scenario("the same with ChaosLayer::server", || {
        http::router(http::Around::ChaosLayer)
    }),
    scenario("tower-resilience-chaos, rates 0", || peer_service(0.0)),
    scenario("missed, no key", || decide(None, 1)),
    scenario("missed, 36-byte key", || decide(Some(KEY), 1)),
    scenario("missed, 10 experiments on the site", || {
        decide(Some(KEY), 10)
    }),
    scenario("missed, 100 experiments on the site", || {
        decide(Some(KEY), 100)
    }),
    scenario("a new scope with a 36-byte key", new_scope),
    scenario("fail, missed", fail_point_missed),
    scenario("tower-resilience-chaos, missed", || peer_service(1e-9)),
];

const fn scenario(name: &'static str, prepare: fn() -> Box<dyn FnMut(u64)>) -> Scenario {
    Scenario { name, prepare }
}

/// The number of experiments that run at another site.
#[derive(Clone, Copy)]
struct Elsewhere(usize);

fn repeat<R>(mut operation: impl FnMut() -> R + 'static) -> Box<dyn FnMut(u64)> {
    Box::new(move |times| {
        for _ in 0..times {
            black_box(operation());
        }
    })
}

fn relaxed_load() -> Box<dyn FnMut(u64)> {
    let word = Arc::new(AtomicU32::new(0));
    repeat(move || word.load(Ordering::Relaxed) == 0)
}

fn arc_swap_load() -> Box<dyn FnMut(u64)> {
    let word = ArcSwap::from_pointee(7_u64);
    repeat(move || **word.load())
}

/// Asks whether anything concerns the site, as an adapter does for each operation.
fn ask(elsewhere: Elsewhere) -> Box<dyn FnMut(u64)> {
    let (chaos, site, guards) = world(elsewhere, 0);
    let operation = repeat(move || {
        site.needs().is_none() || site.decide(&Operation::new("POST /charge")).is_none()
    });
    keep((chaos, guards), operation)
}

/// Makes a decision at a site with `here` experiments whose draws always miss.
fn decide(key: Option<&str>, here: usize) -> Box<dyn FnMut(u64)> {
    let (chaos, site, guards) = world(Elsewhere(0), here);
    let operation = match key.map(Scope::new) {
        Some(scope) => repeat(move || {
            site.decide(&Operation::new("POST /charge").within(&scope))
                .is_none()
        }),
        None => repeat(move || site.decide(&Operation::new("POST /charge")).is_none()),
    };
    keep((chaos, guards), operation)
}

fn new_scope() -> Box<dyn FnMut(u64)> {
    repeat(|| Scope::new(black_box(KEY)))
}

/// Keeps a world alive for as long as its operation.
fn keep<World: 'static>(world: World, mut operation: Box<dyn FnMut(u64)>) -> Box<dyn FnMut(u64)> {
    Box::new(move |times| {
        let _world = &world;
        operation(times);
    })
}

fn point() -> Box<dyn FnMut(u64)> {
    let (chaos, site, _) = world(Elsewhere(0), 0);
    keep(chaos, repeat(move || now(site.point("reserve")).is_ok()))
}

fn world(elsewhere: Elsewhere, here: usize) -> (ChaosManager, Site, Vec<ExperimentGuard>) {
    // Logging ten thousand starts is not part of the measurement.
    let chaos = ChaosManager::builder().keep_entries(0).build();
    let site = chaos.site("payments");
    let experiments = |service: &'static str, count: usize| {
        (0..count).map(move |number| {
            Experiment::new(format!("{service} {number}"))
                .fault(Fault::error(Failure::Unavailable))
                .blast_radius(BlastRadius::points_at(service).rate(never_in_practice()))
        })
    };
    let guards = experiments("elsewhere", elsewhere.0)
        .chain(experiments("payments", here))
        .map(|experiment| chaos.start(experiment).expect("the experiment makes sense"))
        .collect();
    (chaos, site, guards)
}

/// Returns a rate too low to ever hit here, but drawn like any other.
fn never_in_practice() -> Rate {
    Rate::percent(1e-9).expect("a share of one")
}

fn fail_point_elsewhere() -> Box<dyn FnMut(u64)> {
    fail::cfg("elsewhere", "return").expect("a fail point's action");
    repeat(|| failing("POST /charge"))
}

fn fail_point_missed() -> Box<dyn FnMut(u64)> {
    fail::cfg("POST /charge", "0.0000001%return").expect("a fail point's action");
    repeat(|| failing("POST /charge"))
}

fn failing(name: &str) -> bool {
    fail::fail_point!(name, |_| false);
    true
}

/// An error that costs nothing to drop, so that only the services are measured.
#[derive(Debug, Clone, Copy)]
struct Down;

impl std::fmt::Display for Down {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("down")
    }
}

impl std::error::Error for Down {}

fn bare_service() -> Box<dyn FnMut(u64)> {
    let mut service = tower::service_fn(async |request: u64| Ok::<_, Down>(request));
    repeat(move || now(service.call(black_box(1))))
}

fn wrapped_service() -> Box<dyn FnMut(u64)> {
    let chaos = ChaosManager::new();
    let layer = ChaosLayer::service(&chaos, "cache", |_| Down);
    let mut service = layer.layer(tower::service_fn(async |request: u64| {
        Ok::<_, Down>(request)
    }));
    keep(chaos, repeat(move || now(service.call(black_box(1)))))
}

fn peer_service(rate: f64) -> Box<dyn FnMut(u64)> {
    let layer = tower_resilience_chaos::ChaosLayer::builder()
        .error_rate(rate)
        .error_fn(|_: &u64| Down)
        .build();
    let mut service = layer.layer(tower::service_fn(async |request: u64| {
        Ok::<_, Down>(request)
    }));
    repeat(move || now(service.call(black_box(1))))
}

/// Returns the output of a future that is ready at its first poll.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("nothing here waits"),
    }
}
