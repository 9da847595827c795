//! Outcomes of a server's responses, as conditions count them.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use chaos_tower::{
    BlastRadius, ChaosLayer, ChaosManager, Condition, Disconnect, Experiment, ExperimentGuard,
    Failure, Fault, Phase, Rate,
};
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use tower::{Layer, ServiceExt, service_fn};

type Boxed = UnsyncBoxBody<Bytes, std::io::Error>;

fn orders() -> BlastRadius {
    BlastRadius::requests_to("orders")
}

/// Watches the error rate of a server, without any fault.
fn watch(chaos: &ChaosManager) -> ExperimentGuard {
    let most = Rate::percent(90.0).unwrap();
    let condition = Condition::error_rate_above(most);
    let watched = Experiment::new("watched")
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(orders().rate(Rate::NEVER))
        .abort_when(condition.at("orders").over(Duration::from_secs(60)));
    chaos.start(watched).unwrap()
}

/// True if more than 90 % of a hundred responses with this body count as failures.
async fn counts_as_failure(
    fault: Option<(Fault, Phase)>,
    body: impl Fn() -> Boxed + Clone,
) -> bool {
    let chaos = ChaosManager::builder()
        .check_conditions_every(Duration::from_millis(1))
        .build();
    let layer = ChaosLayer::server(&chaos, "orders");
    let watched = watch(&chaos);
    let _fault = fault.map(|(fault, phase)| {
        let experiment = Experiment::new("fault")
            .fault(fault)
            .blast_radius(orders())
            .phase(phase);
        chaos.start(experiment).unwrap()
    });
    let service = layer.layer(service_fn(move |_: Request<()>| {
        std::future::ready(Ok::<_, Infallible>(Response::new(body())))
    }));
    for _ in 0..100 {
        let Ok(reply) = service.clone().oneshot(Request::new(())).await;
        let _ = reply.into_body().collect().await;
    }
    // Conditions are checked every millisecond; a second is enough on a busy machine, too.
    for _ in 0..1_000 {
        if watched.ended().is_some() {
            return true;
        }
        chaos_core::delay(Duration::from_millis(1)).await;
    }
    false
}

fn boxed(body: impl Body<Data = Bytes, Error = std::io::Error> + Send + 'static) -> Boxed {
    body.boxed_unsync()
}

fn whole() -> Boxed {
    let body: Full<Bytes> = Full::from("done");
    body.map_err(|never| match never {}).boxed_unsync()
}

#[tokio::test]
async fn a_complete_response_is_a_success() {
    assert!(!counts_as_failure(None, whole).await);
}

#[tokio::test]
async fn a_response_that_a_fault_breaks_off_is_one_failure() {
    let cut = Fault::disconnect(Disconnect::CutAfter(2));
    for (fault, phase) in [
        (Fault::error(Failure::Unavailable), Phase::Before),
        (Fault::reset(), Phase::Before),
        (Fault::error(Failure::Closed), Phase::After),
        (cut, Phase::During),
    ] {
        let about = format!("{fault:?} {phase}");
        assert!(
            counts_as_failure(Some((fault, phase)), whole).await,
            "{about}"
        );
    }
}

#[tokio::test]
async fn a_response_whose_body_fails_is_a_failure() {
    assert!(counts_as_failure(None, || boxed(Failing)).await);
}

#[tokio::test]
async fn trailers_with_the_status_of_a_failure_are_a_failure() {
    let body = || {
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", "14".parse().unwrap());
        let frames = [
            Frame::data(Bytes::from("message")),
            Frame::trailers(trailers),
        ];
        let frames = frames.map(Ok::<_, std::io::Error>);
        boxed(StreamBody::new(futures_util::stream::iter(frames)))
    };
    assert!(counts_as_failure(None, body).await);
}

/// A body that fails at its first poll.
struct Failing;

impl Body for Failing {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(Some(Err(std::io::Error::other("the disk is gone"))))
    }
}
