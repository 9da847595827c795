//! The contract of tower services, and calls that are dropped at any time.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use chaos_core::{Loss, Slice};
use chaos_tower::{
    Bandwidth, BlastRadius, ChaosLayer, ChaosManager, CircuitBreak, Corrupt, Disconnect,
    Experiment, Failure, Fault, InjectedFault, Phase, Rate, RateLimit,
};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tower::{Layer, Service, ServiceExt};

/// Responds after two polls. Panics if it is called without having been polled ready.
#[derive(Debug, Default)]
struct Strict {
    ready: bool,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self { ready: false }
    }
}

impl Strict {
    fn take(&mut self) -> impl Future<Output = ()> + Send + use<> {
        assert!(
            std::mem::take(&mut self.ready),
            "called without being ready"
        );
        async {
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
        }
    }
}

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl Service<Request<String>> for Strict {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Boxed<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<String>) -> Self::Future {
        let taken = self.take();
        Box::pin(async {
            taken.await;
            Ok(Response::new(Full::from("done")))
        })
    }
}

impl Service<u32> for Strict {
    type Response = u32;
    type Error = InjectedFault;
    type Future = Boxed<Result<u32, InjectedFault>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), InjectedFault>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: u32) -> Self::Future {
        let taken = self.take();
        Box::pin(async move {
            taken.await;
            Ok(request)
        })
    }
}

/// Returns every fault that a layer supports, with its phase.
fn faults() -> Vec<(Fault, Phase)> {
    let second = Duration::from_secs(1);
    let calls = [
        Fault::latency(second),
        Fault::error(Failure::Unavailable),
        Fault::timeout(second),
        Fault::rate_limit(RateLimit::per_minute(1).unwrap()),
        Fault::circuit_break(CircuitBreak::after(1).unwrap()),
        Fault::panic(),
    ];
    let connections = [
        Fault::error(Failure::Refused),
        Fault::error(Failure::Closed),
        Fault::reset(),
    ];
    let flows = [
        Fault::latency(second),
        Fault::error(Failure::Internal),
        Fault::timeout(second),
        Fault::disconnect(Disconnect::CutAfter(2)),
        Fault::disconnect(Disconnect::ResetAfter(2)),
        Fault::disconnect(Disconnect::HalfClose),
        Fault::disconnect(Disconnect::Stall),
        Fault::slice(Slice::bytes(1).unwrap()),
        Fault::loss(Loss::of_packets(Rate::percent(90.0).unwrap()).unwrap()),
        Fault::bandwidth(Bandwidth::bytes_per_second(2).unwrap()),
        Fault::corrupt(Corrupt::bytes(Rate::ALWAYS).unwrap()),
    ];
    let around = calls.into_iter().chain(connections);
    let around =
        around.flat_map(|fault| [Phase::Before, Phase::After].map(|at| (fault.clone(), at)));
    around
        .chain(flows.into_iter().map(|fault| (fault, Phase::During)))
        .chain([(Fault::latency(second), Phase::NotReady)])
        .collect()
}

/// Polls a future up to `polls` times, then drops it. True if it finished or panicked.
async fn finishes_within(polls: usize, future: impl Future) -> bool {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(Poll::Pending) if left > 0 => Poll::Pending,
            Ok(Poll::Pending) => Poll::Ready(false),
            Ok(Poll::Ready(_)) | Err(_) => Poll::Ready(true),
        }
    })
    .await
}

/// Drops a call after its first poll, its second, and so on until it finishes, with each fault.
async fn drop_at_every_poll<F: Future>(
    radius: BlastRadius,
    faults: Vec<(Fault, Phase)>,
    chaos: &ChaosManager,
    call: impl Fn() -> F,
) {
    for (fault, phase) in faults {
        let about = format!("{fault:?} {phase}");
        let mut polls = 0;
        loop {
            let experiment = Experiment::new("fault")
                .fault(fault.clone())
                .blast_radius(radius.clone().concurrent(1))
                .phase(phase);
            let guard = chaos.start(experiment).unwrap();
            // Rate limits and circuits let the first call pass.
            let _ = finishes_within(usize::MAX, call()).await;
            let ended = finishes_within(polls, call()).await;
            assert_eq!(guard.in_flight(), 0, "{about}, dropped after {polls} polls");
            if ended {
                // One packet in ten is not lost, so both calls may have been lucky.
                for _ in 0..20 {
                    if guard.injected() > 0 {
                        break;
                    }
                    let _ = finishes_within(usize::MAX, call()).await;
                }
                assert!(guard.injected() > 0, "{about} was never injected");
            }
            drop(guard);
            chaos.halt();
            chaos.halted().await;
            chaos.resume();
            if ended {
                break;
            }
            polls += 1;
            assert!(polls < 200, "{about} never finishes");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_of_a_server_leaves_nothing_behind() {
    let chaos = ChaosManager::new();
    let service = ChaosLayer::server(&chaos, "orders").layer(Strict::default());
    let radius = BlastRadius::requests_to("orders");
    drop_at_every_poll(radius, faults(), &chaos, || {
        let service = service.clone();
        async move {
            let Ok(reply) = service.oneshot(Request::new(String::new())).await;
            let _ = reply.into_body().collect().await;
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_of_a_client_leaves_nothing_behind() {
    let chaos = ChaosManager::new();
    let service = ChaosLayer::client(&chaos, "payments").layer(Strict::default());
    let radius = BlastRadius::calls_to("payments");
    drop_at_every_poll(radius, faults(), &chaos, || {
        let service = service.clone();
        async move {
            let Ok(reply) = service.oneshot(Request::new(String::new())).await;
            let _ = reply.into_body().collect().await;
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_of_any_service_leaves_nothing_behind() {
    let chaos = ChaosManager::new();
    let service = ChaosLayer::service(&chaos, "cache", |fault| fault).layer(Strict::default());
    let mut faults = faults();
    faults.retain(|(fault, phase)| *phase != Phase::During && *fault != Fault::reset());
    let radius = BlastRadius::calls_to("cache");
    drop_at_every_poll(radius, faults, &chaos, || service.clone().oneshot(7_u32)).await;
}

#[tokio::test]
async fn a_service_is_polled_ready_before_each_call() {
    let chaos = ChaosManager::new();
    let mut service = ChaosLayer::server(&chaos, "orders").layer(Strict::default());
    let mut ask = async || {
        let request = Request::new(String::new());
        let Ok(reply) = service.ready().await.unwrap().call(request).await;
        reply.status().as_u16()
    };
    assert_eq!(ask().await, 200);
    let some = Rate::percent(50.0).unwrap();
    let some = BlastRadius::requests_to("orders").rate(some);
    let guard = chaos
        .inject(some, Fault::error(Failure::Unavailable))
        .unwrap();
    for _ in 0..100 {
        ask().await;
    }
    assert!(guard.injected() > 0);
    drop(guard);
    assert_eq!(ask().await, 200);
}
