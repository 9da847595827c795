//! Retries and timeouts around a client with faults.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use chaos_tower::{
    BlastRadius, ChaosBody, ChaosLayer, ChaosManager, Experiment, Failure, Fault, Pattern, Rate,
    Scope,
};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tokio::time::Instant;
use tower::retry::Policy;
use tower::{Layer, ServiceBuilder, ServiceExt, service_fn};

type Body = ChaosBody<Full<Bytes>>;

/// Retries while the service is unavailable.
#[derive(Clone)]
struct WhileUnavailable {
    left: u32,
    tries: Arc<AtomicU32>,
}

impl Policy<Request<()>, Response<Body>, Infallible> for WhileUnavailable {
    type Future = Ready<()>;

    fn retry(
        &mut self,
        _: &mut Request<()>,
        reply: &mut Result<Response<Body>, Infallible>,
    ) -> Option<Ready<()>> {
        self.tries.fetch_add(1, Ordering::Relaxed);
        let down = |reply: &Response<Body>| reply.status() == StatusCode::SERVICE_UNAVAILABLE;
        let again = reply.as_ref().is_ok_and(down) && self.left > 0;
        self.left = self.left.saturating_sub(1);
        again.then(|| ready(()))
    }

    fn clone_request(&mut self, _: &Request<()>) -> Option<Request<()>> {
        Some(Request::new(()))
    }
}

async fn charge(_: Request<()>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::from("charged")))
}

fn to_payments() -> BlastRadius {
    BlastRadius::calls_to("payments")
}

#[tokio::test]
async fn each_attempt_is_decided_on_and_a_retry_can_succeed() {
    let chaos = ChaosManager::new();
    let twice = Experiment::new("twice down, then up")
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(to_payments())
        .pattern(Pattern::first(2));
    let guard = chaos.start(twice).unwrap();
    let tries = Arc::new(AtomicU32::new(0));
    let client = ServiceBuilder::new()
        .retry(WhileUnavailable {
            left: 5,
            tries: Arc::clone(&tries),
        })
        .layer(ChaosLayer::client(&chaos, "payments"))
        .service(service_fn(charge));
    let Ok(reply) = client.oneshot(Request::new(())).await;
    assert_eq!(reply.status(), StatusCode::OK);
    assert_eq!((tries.load(Ordering::Relaxed), guard.injected()), (3, 2));
}

#[tokio::test]
async fn each_attempt_of_a_keyed_request_has_its_own_draw() {
    let chaos = ChaosManager::new();
    let half = to_payments().rate(Rate::percent(50.0).unwrap());
    let _guard = chaos
        .inject(half, Fault::error(Failure::Unavailable))
        .unwrap();
    let client = ChaosLayer::client(&chaos, "payments").layer(service_fn(charge));
    let (mut failed, mut recovered) = (0_u32, 0_u32);
    for request in 0..1_000 {
        let first = Scope::new(format!("order-{request}"));
        let status = async |scope: &Scope| {
            let Ok(reply) = scope.enter(client.clone().oneshot(Request::new(()))).await;
            reply.status()
        };
        if status(&first).await == StatusCode::OK {
            continue;
        }
        // A repetition of the request fails again; a further call in it has its own draw.
        let again = Scope::new(format!("order-{request}"));
        assert_ne!(status(&again).await, StatusCode::OK);
        failed += 1;
        recovered += u32::from(status(&first).await == StatusCode::OK);
    }
    // 99.9 % of all draws of 1,000 at 50 %, and of as many as failed.
    assert!((448..=552).contains(&failed), "{failed}");
    let (half, spread) = (
        f64::from(failed) / 2.0,
        f64::from(failed).sqrt() * 0.5 * 3.3,
    );
    assert!(
        (f64::from(recovered) - half).abs() <= spread,
        "{recovered} of {failed}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_timeout_shorter_than_the_delay_fires_on_time() {
    const TIMEOUT: Duration = Duration::from_millis(50);
    let chaos = ChaosManager::new();
    let slow = chaos
        .inject(to_payments(), Fault::latency(Duration::from_secs(30)))
        .unwrap();
    let client = ServiceBuilder::new()
        .layer(tower_http::timeout::TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            TIMEOUT,
        ))
        .map_response(|reply: Response<Body>| reply.map(|_| String::new()))
        .layer(ChaosLayer::client(&chaos, "payments"))
        .service(service_fn(charge));
    let start = Instant::now();
    let Ok(reply) = client.oneshot(Request::new(())).await;
    assert_eq!(reply.status(), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(start.elapsed(), TIMEOUT);
    assert_eq!((slow.injected(), slow.in_flight()), (1, 0));
}
