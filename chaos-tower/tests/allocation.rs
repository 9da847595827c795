//! Allocations of a request into which nothing is injected.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use allocation_counter::measure;
use bytes::Bytes;
use chaos_tower::{BlastRadius, ChaosLayer, ChaosManager, Failure, Fault, Rate};
use http::{Request, Response};
use http_body_util::Full;
use tower::{Layer, Service, service_fn};

fn hello(_: Request<()>) -> Ready<Result<Response<Full<Bytes>>, Infallible>> {
    ready(Ok(Response::new(Full::from("hello"))))
}

fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("nothing here waits"),
    }
}

/// The first calls, among which a layer also seeks a second one around the same service.
const FIRST: usize = 32;

/// Counts the allocations of a call, after the first calls.
fn allocations(mut call: impl FnMut()) -> u64 {
    (0..FIRST).for_each(|_| call());
    let counted = measure(|| (0..10).for_each(|_| call()));
    assert_eq!(counted.count_total % 10, 0, "{counted:?}");
    counted.count_total / 10
}

/// Counts the allocations of a server for a request with an `x-request-id`, and for one without.
fn allocations_of_a_server(chaos: &ChaosManager) -> [u64; 2] {
    let mut server = ChaosLayer::server(chaos, "orders").layer(service_fn(hello));
    let named = http::HeaderValue::from_static("5d9b7e0c-0b6e-4a58-9d53-5f1c6e0a7a11");
    let mut headers = http::HeaderMap::new();
    headers.insert("x-request-id", named);
    let bare = |headers: &mut http::HeaderMap| {
        let mut request = Request::new(());
        // Moved in, so that the allocations of the request itself are not measured.
        *request.headers_mut() = std::mem::take(headers);
        request
    };
    let mut none = http::HeaderMap::new();
    [&mut headers, &mut none].map(|headers| {
        let kept = headers.clone();
        let mut spare: Vec<http::HeaderMap> = (0..FIRST + 10).map(|_| kept.clone()).collect();
        allocations(|| {
            let mut headers = spare.pop().unwrap_or_default();
            let reply = now(server.call(bare(&mut headers)));
            assert!(reply.is_ok_and(|reply| reply.status().is_success()));
        })
    })
}

#[test]
fn an_unaffected_server_allocates_nothing() {
    assert_eq!(allocations_of_a_server(&ChaosManager::new()), [0, 0]);
}

#[test]
fn a_server_that_only_opens_scopes_allocates_once() {
    let chaos = ChaosManager::new();
    let _elsewhere = chaos
        .inject(BlastRadius::calls_to("payments"), Fault::reset())
        .unwrap();
    assert_eq!(allocations_of_a_server(&chaos), [1, 1]);
}

#[test]
fn a_server_that_decides_to_inject_nothing_allocates_no_more() {
    let chaos = ChaosManager::new();
    let rarely = Rate::percent(1e-9).unwrap();
    let _rare = chaos
        .inject(
            BlastRadius::requests_to("orders").rate(rarely),
            Fault::error(Failure::Unavailable),
        )
        .unwrap();
    assert_eq!(allocations_of_a_server(&chaos), [1, 1]);
}

#[test]
fn any_other_service_allocates_nothing_until_a_fault_is_injected() {
    let chaos = ChaosManager::new();
    let mut cache = ChaosLayer::service(&chaos, "cache", |fault| fault)
        .layer(service_fn(|request: u64| ready(Ok(request))));
    assert_eq!(allocations(|| assert!(now(cache.call(7)).is_ok())), 0);
    let rarely = BlastRadius::calls_to("cache").rate(Rate::percent(1e-9).unwrap());
    let _rare = chaos
        .inject(rarely, Fault::error(Failure::Unavailable))
        .unwrap();
    assert_eq!(allocations(|| assert!(now(cache.call(7)).is_ok())), 0);
}
