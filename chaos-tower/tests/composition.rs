//! Compositions of the layers with those of other crates: that they compile is what is tested.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use chaos_tower::{
    BlastRadius, ChaosBody, ChaosLayer, ChaosManager, Disconnect, Experiment, Failure, Fault,
    InjectedFault, Phase,
};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use tower::{BoxError, Layer, ServiceBuilder, ServiceExt, service_fn};
use tower_http::compression::CompressionLayer;
use tower_http::map_response_body::MapResponseBodyLayer;
use tower_http::timeout::TimeoutLayer;

type Body = Full<Bytes>;

async fn hello(_: Request<Body>) -> Result<Response<Body>, Infallible> {
    Ok(Response::new(Full::from("hello ".repeat(100))))
}

async fn look_up(key: u32) -> Result<u32, BoxError> {
    Ok(key + 1)
}

fn unavailable(fault: InjectedFault) -> BoxError {
    fault.into()
}

#[tokio::test]
async fn a_service_with_a_boxed_error_is_spawned_if_a_function_makes_its_error() {
    let chaos = ChaosManager::new();
    let layer = ChaosLayer::service(&chaos, "cache", unavailable);
    let cache = layer.layer(service_fn(look_up));
    let _down = chaos
        .inject(
            BlastRadius::calls_to("cache"),
            Fault::error(Failure::Refused),
        )
        .unwrap();
    let call = tokio::spawn(async move { cache.oneshot(1).await });
    let error = call.await.unwrap().unwrap_err();
    assert!(error.is::<InjectedFault>(), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_timeout_around_the_layer_replaces_its_body() {
    let chaos = ChaosManager::new();
    let timeout =
        TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_secs(1));
    let service = ServiceBuilder::new()
        .layer(timeout)
        .layer(ChaosLayer::server(&chaos, "greeter"))
        .service_fn(hello);
    let _slow = chaos
        .inject(
            BlastRadius::requests_to("greeter"),
            Fault::latency(Duration::from_secs(2)),
        )
        .unwrap();
    let response = service.oneshot(Request::default()).await.unwrap();
    assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    let body = response.into_body().collect().await.unwrap();
    assert!(body.to_bytes().is_empty());
}

#[tokio::test]
async fn a_compressed_body_under_the_layer_can_be_cut() {
    let chaos = ChaosManager::new();
    let service = ServiceBuilder::new()
        .layer(ChaosLayer::server(&chaos, "greeter"))
        .layer(MapResponseBodyLayer::new(ChaosBody::untouched))
        .layer(CompressionLayer::new())
        .service_fn(hello);
    let get = || {
        Request::get("/")
            .header("accept-encoding", "gzip")
            .body(Body::default())
    };
    let response = service.clone().oneshot(get().unwrap()).await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let whole = response.into_body().collect().await.unwrap().to_bytes();
    assert!(whole.len() < 600);

    let cut = Experiment::new("cut")
        .fault(Fault::disconnect(Disconnect::CutAfter(1)))
        .blast_radius(BlastRadius::requests_to("greeter"))
        .phase(Phase::During);
    let cut = chaos.start(cut).unwrap();
    let response = service.oneshot(get().unwrap()).await.unwrap();
    assert!(response.into_body().collect().await.is_err());
    assert_eq!(cut.injected(), 1);
}
