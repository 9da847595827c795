//! Faults before and after the handler.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use chaos_tower::{
    BlastRadius, ChaosBody, ChaosLayer, ChaosManager, Experiment, Failure, Fault, Phase,
};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use tower::{Layer, Service, ServiceExt};

/// Counts its calls, and panics if it is called without having been polled ready.
#[derive(Debug, Default)]
struct Strict {
    ready: bool,
    calls: Arc<AtomicU32>,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self {
            ready: false,
            calls: Arc::clone(&self.calls),
        }
    }
}

impl Service<Request<()>> for Strict {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        assert!(
            std::mem::take(&mut self.ready),
            "called without being ready"
        );
        self.calls.fetch_add(1, Ordering::Relaxed);
        ready(Ok(Response::new("done".to_owned())))
    }
}

async fn text(response: Response<ChaosBody<String>>) -> String {
    let body = response.into_body().collect().await.unwrap();
    String::from_utf8(body.to_bytes().to_vec()).unwrap()
}

fn orders() -> BlastRadius {
    BlastRadius::requests_to("orders")
}

#[tokio::test]
async fn the_handler_is_not_called_with_a_fault_before_and_is_called_with_one_after() {
    let chaos = ChaosManager::new();
    let calls = Arc::new(AtomicU32::new(0));
    let inner = Strict {
        ready: false,
        calls: Arc::clone(&calls),
    };
    let mut service = ChaosLayer::server(&chaos, "orders").layer(inner);
    for (phase, called) in [(Phase::Before, 0), (Phase::After, 1)] {
        let lost = Experiment::new("lost")
            .fault(Fault::error(Failure::Unavailable))
            .blast_radius(orders())
            .phase(phase);
        let guard = chaos.start(lost).unwrap();
        let response = service
            .ready()
            .await
            .unwrap()
            .call(Request::new(()))
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(calls.load(Ordering::Relaxed), called, "{phase}");
        assert_eq!(guard.injected(), 1);
        drop(guard);
    }
    let response = service
        .ready()
        .await
        .unwrap()
        .call(Request::new(()))
        .await
        .unwrap();
    assert_eq!(text(response).await, "done");
}

#[tokio::test(start_paused = true)]
async fn a_delayed_request_reaches_the_handler_after_a_halt() {
    let chaos = ChaosManager::new();
    let calls = Arc::new(AtomicU32::new(0));
    let inner = Strict {
        ready: false,
        calls: Arc::clone(&calls),
    };
    let service = ChaosLayer::server(&chaos, "orders").layer(inner);
    let slow = chaos
        .inject(orders(), Fault::latency(Duration::from_secs(60)))
        .unwrap();
    let held = tokio::spawn(service.oneshot(Request::new(())));
    slow.wait_for(1).await.unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 0);
    // A halt releases the request to the real handler.
    chaos.halt();
    assert_eq!(text(held.await.unwrap().unwrap()).await, "done");
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}
