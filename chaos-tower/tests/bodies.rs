//! Faults on response bodies.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use chaos_tower::{
    Bandwidth, BlastRadius, ChaosBody, ChaosLayer, ChaosManager, Corrupt, Disconnect, Experiment,
    ExperimentGuard, Failure, Fault, Phase, Rate, Scope,
};
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full, StreamBody};
use tokio::time::Instant;
use tower::{Layer, ServiceExt, service_fn};

fn during(chaos: &ChaosManager, fault: Fault) -> ExperimentGuard {
    let experiment = Experiment::new("during")
        .fault(fault)
        .blast_radius(BlastRadius::requests_to("orders"))
        .phase(Phase::During)
        .time_limit(Duration::from_secs(24 * 3600));
    chaos.start(experiment).unwrap()
}

/// Returns a response body of ten thousand bytes.
async fn ten_thousand(chaos: &ChaosManager) -> ChaosBody<Full<Bytes>> {
    let service = ChaosLayer::server(chaos, "orders").layer(service_fn(async |_: Request<()>| {
        Ok::<_, Infallible>(Response::new(Full::from(vec![7; 10_000])))
    }));
    let Ok(reply) = service.oneshot(Request::new(())).await;
    reply.into_body()
}

/// Reads a body: its bytes, and whether an error ended it.
async fn read(
    mut body: impl Body<Data = Bytes, Error: std::fmt::Debug> + Unpin,
) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => bytes.extend(frame.into_data().unwrap()),
            Err(_) => return (bytes, true),
        }
    }
    (bytes, false)
}

#[tokio::test]
async fn a_cut_keeps_the_announced_size_and_breaks_off_after_its_bytes() {
    for disconnect in [Disconnect::CutAfter(3_000), Disconnect::ResetAfter(3_000)] {
        let chaos = ChaosManager::new();
        let guard = during(&chaos, Fault::disconnect(disconnect));
        let body = ten_thousand(&chaos).await;
        assert_eq!(body.size_hint().exact(), Some(10_000));
        assert_eq!(guard.injected(), 0, "nothing has been cut yet");
        assert_eq!(read(body).await, (vec![7; 3_000], true));
        assert_eq!((guard.injected(), guard.in_flight()), (1, 0));
    }
}

#[tokio::test]
async fn a_cut_beyond_the_end_has_no_effect() {
    let chaos = ChaosManager::new();
    let guard = during(&chaos, Fault::disconnect(Disconnect::CutAfter(10_001)));
    assert_eq!(
        read(ten_thousand(&chaos).await).await,
        (vec![7; 10_000], false)
    );
    assert_eq!(guard.injected(), 0);
}

#[tokio::test]
async fn a_cut_after_exactly_all_bytes_breaks_off_before_the_end() {
    for disconnect in [Disconnect::CutAfter(10_000), Disconnect::ResetAfter(10_000)] {
        let chaos = ChaosManager::new();
        let guard = during(&chaos, Fault::disconnect(disconnect));
        let body = ten_thousand(&chaos).await;
        assert!(!body.is_end_stream());
        assert_eq!(read(body).await, (vec![7; 10_000], true));
        assert_eq!(guard.injected(), 1);
    }
}

/// The delays of frames overlap, as those of a stream's bytes do.
#[tokio::test(start_paused = true)]
async fn ticks_are_late_by_one_latency() {
    let chaos = ChaosManager::new();
    let _guard = during(&chaos, Fault::latency(Duration::from_millis(100)));
    let service = ChaosLayer::server(&chaos, "orders").layer(service_fn(async |_: Request<()>| {
        let ticks = futures_util::stream::unfold(0, async |n| {
            if n == 20 {
                return None;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            Some((Ok::<_, Infallible>(Frame::data(Bytes::from("tick"))), n + 1))
        });
        Ok::<_, Infallible>(Response::new(ChaosBody::from(StreamBody::new(Box::pin(
            ticks,
        )))))
    }));
    let Ok(reply) = service.oneshot(Request::new(())).await;
    let mut body = reply.into_body();
    let start = Instant::now();
    let mut arrived = Vec::new();
    while let Some(frame) = body.frame().await {
        assert_eq!(frame.unwrap().into_data().unwrap(), "tick");
        arrived.push(start.elapsed());
    }
    let expected: Vec<_> = (1..=20)
        .map(|n| Duration::from_millis(100 + 20 * n))
        .collect();
    assert_eq!(arrived, expected);
    assert_eq!(start.elapsed(), Duration::from_millis(500));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_sends_nothing_feels_a_timeout() {
    let chaos = ChaosManager::new();
    let _guard = during(&chaos, Fault::timeout(Duration::from_secs(30)));
    let service = ChaosLayer::server(&chaos, "orders").layer(service_fn(async |_: Request<()>| {
        let silent = futures_util::stream::pending::<Result<Frame<Bytes>, Infallible>>();
        Ok::<_, Infallible>(Response::new(ChaosBody::from(StreamBody::new(silent))))
    }));
    let Ok(reply) = service.oneshot(Request::new(())).await;
    let start = Instant::now();
    assert_eq!(read(reply.into_body()).await, (vec![], true));
    assert_eq!(start.elapsed(), Duration::from_secs(30));
}

/// As a server of gRPC does that fails after its head has been sent.
#[tokio::test(start_paused = true)]
async fn an_error_in_a_grpc_stream_comes_in_trailers() {
    for (fault, status) in [
        (Fault::error(Failure::grpc(14).unwrap()), "14"),
        (Fault::error(Failure::Overloaded), "8"),
        (Fault::timeout(Duration::from_secs(1)), "4"),
    ] {
        let chaos = ChaosManager::new();
        let guard = during(&chaos, fault);
        let service =
            ChaosLayer::server(&chaos, "orders").layer(service_fn(async |_: Request<()>| {
                let reply = Response::builder().header("content-type", "application/grpc+proto");
                Ok::<_, Infallible>(reply.body(ChaosBody::from(three_frames())).unwrap())
            }));
        let Ok(reply) = service.oneshot(Request::new(())).await;
        assert_eq!(reply.status(), 200);
        let body = reply.into_body().collect().await.unwrap();
        let trailers = body.trailers().cloned().unwrap();
        assert_eq!(trailers["grpc-status"], status);
        assert!(trailers.contains_key("grpc-message"));
        assert_eq!((body.to_bytes(), guard.injected()), (Bytes::new(), 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stalled_body_continues_after_a_halt() {
    let chaos = ChaosManager::new();
    let guard = during(&chaos, Fault::disconnect(Disconnect::Stall));
    let body = ten_thousand(&chaos).await;
    let reading = tokio::spawn(read(body));
    guard.wait_for(1).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert!(!reading.is_finished());
    chaos.halt();
    assert_eq!(reading.await.unwrap(), (vec![7; 10_000], false));
    chaos.halted().await;
}

#[tokio::test(start_paused = true)]
async fn a_bandwidth_limits_the_speed_of_a_body() {
    let chaos = ChaosManager::new();
    let guard = during(
        &chaos,
        Fault::bandwidth(Bandwidth::bytes_per_second(1_000).unwrap()),
    );
    let start = Instant::now();
    assert_eq!(
        read(ten_thousand(&chaos).await).await,
        (vec![7; 10_000], false)
    );
    let took = start.elapsed().as_secs_f64();
    assert!((9.9..=10.1).contains(&took), "{took}");
    assert_eq!(guard.injected(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_latency_delays_all_frames_and_the_trailers() {
    let chaos = ChaosManager::new();
    let _guard = during(&chaos, Fault::latency(Duration::from_secs(2)));
    let service = ChaosLayer::server(&chaos, "orders").layer(service_fn(async |_: Request<()>| {
        Ok::<_, Infallible>(Response::new(ChaosBody::from(three_frames())))
    }));
    let Ok(reply) = service.oneshot(Request::new(())).await;
    let start = Instant::now();
    let collected = reply.into_body().collect().await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(2));
    let trailers = collected.trailers().cloned();
    assert_eq!(collected.to_bytes(), "onetwothree");
    assert_eq!(trailers.unwrap()["sum"], "3");
}

fn three_frames() -> impl Body<Data = Bytes, Error = Infallible> + Send + Unpin + 'static {
    let mut trailers = HeaderMap::new();
    trailers.insert("sum", "3".parse().unwrap());
    let data = ["one", "two", "three"].map(|text| Ok(Frame::data(Bytes::from(text))));
    let frames = data.into_iter().chain([Ok(Frame::trailers(trailers))]);
    StreamBody::new(futures_util::stream::iter(frames))
}

#[tokio::test]
async fn a_share_of_the_bytes_is_corrupted() {
    let chaos = ChaosManager::new();
    let share = Rate::percent(10.0).unwrap();
    let guard = during(&chaos, Fault::corrupt(Corrupt::bytes(share).unwrap()));
    let (bytes, broken) = read(ten_thousand(&chaos).await).await;
    assert_eq!((bytes.len(), broken), (10_000, false));
    // 99.9 % of all draws of 10,000 at 10 %.
    let changed = bytes.iter().filter(|byte| **byte != 7).count();
    assert!((901..=1_099).contains(&changed), "{changed}");
    assert_eq!(guard.injected(), 1);
}

/// Whether or not a fault affects the request as well.
#[tokio::test(start_paused = true)]
async fn a_body_runs_in_the_scope_of_its_request() {
    for radius in [
        BlastRadius::calls_to("payments"),
        BlastRadius::requests_to("orders"),
    ] {
        let chaos = ChaosManager::new();
        let layer = ChaosLayer::server(&chaos, "orders");
        let slow = Fault::latency(Duration::from_secs(1));
        let _slow = chaos.inject(radius.clone(), slow).unwrap();
        let service = layer.layer(service_fn(async |_: Request<()>| {
            let keys = futures_util::stream::once(async {
                tokio::task::yield_now().await;
                let key = Scope::current().map(|scope| scope.key().to_owned());
                Ok::<_, Infallible>(Frame::data(Bytes::from(key.unwrap_or_default())))
            });
            let body = ChaosBody::from(StreamBody::new(Box::pin(keys)));
            Ok::<_, Infallible>(Response::new(body))
        }));
        let request = Request::get("/").header("x-request-id", "order-7");
        let Ok(reply) = service.oneshot(request.body(()).unwrap()).await;
        let body = reply.into_body().collect().await.unwrap();
        assert_eq!(body.to_bytes(), "order-7", "{radius}");
    }
}
