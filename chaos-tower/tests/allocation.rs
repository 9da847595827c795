//! What a request costs in allocations while nothing is injected into it.

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

/// How many allocations a call takes, once all that is made only once is there.
fn allocations(mut call: impl FnMut()) -> u64 {
    call();
    let counted = measure(|| (0..10).for_each(|_| call()));
    assert_eq!(counted.count_total % 10, 0, "{counted:?}");
    counted.count_total / 10
}

/// How many a server takes for a request that names itself, and for one that does not.
fn of_a_server(chaos: &ChaosManager) -> [u64; 2] {
    let mut server = ChaosLayer::server(chaos, "orders").layer(service_fn(hello));
    let named = http::HeaderValue::from_static("5d9b7e0c-0b6e-4a58-9d53-5f1c6e0a7a11");
    let mut headers = http::HeaderMap::new();
    headers.insert("x-request-id", named);
    let bare = |headers: &mut http::HeaderMap| {
        let mut request = Request::new(());
        // Taken and given back: what the request itself takes is not measured.
        *request.headers_mut() = std::mem::take(headers);
        request
    };
    let mut none = http::HeaderMap::new();
    [&mut headers, &mut none].map(|headers| {
        let kept = headers.clone();
        let mut spare: Vec<http::HeaderMap> = (0..11).map(|_| kept.clone()).collect();
        allocations(|| {
            let mut headers = spare.pop().unwrap_or_default();
            let reply = now(server.call(bare(&mut headers)));
            assert!(reply.is_ok_and(|reply| reply.status().is_success()));
        })
    })
}

#[test]
fn a_server_that_nothing_concerns_takes_none() {
    assert_eq!(of_a_server(&ChaosManager::new()), [0, 0]);
}

#[test]
fn a_server_that_only_opens_scopes_takes_one() {
    let chaos = ChaosManager::new();
    let _elsewhere = chaos
        .inject(BlastRadius::calls_to("payments"), Fault::reset())
        .unwrap();
    assert_eq!(of_a_server(&chaos), [1, 1]);
}

#[test]
fn a_server_that_decides_and_misses_takes_no_more() {
    let chaos = ChaosManager::new();
    let rarely = Rate::percent(1e-9).unwrap();
    let _rare = chaos
        .inject(
            BlastRadius::requests_to("orders").rate(rarely),
            Fault::error(Failure::Unavailable),
        )
        .unwrap();
    assert_eq!(of_a_server(&chaos), [1, 1]);
}

#[test]
fn any_other_service_takes_none_until_it_is_hit() {
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
