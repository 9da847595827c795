//! Layers that are not where their service's requests pass once: `explain` says so.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use chaos_tower::{BlastRadius, ChaosLayer, ChaosManager, Failure, Fault, Rate};
use http::{Request, Response, StatusCode};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

/// A fault that concerns a service, but strikes next to none of its requests.
fn rarely(radius: BlastRadius) -> BlastRadius {
    radius.rate(Rate::percent(0.000_001).unwrap())
}

fn failing() -> Fault {
    Fault::error(Failure::Unavailable)
}

async fn get_path(
    service: impl Service<Request<Body>, Response = Response<impl Sized>, Error = Infallible>,
    path: &str,
) -> StatusCode {
    let request = Request::get(path).body(Body::empty()).unwrap();
    service.oneshot(request).await.unwrap().status()
}

fn explain(chaos: &ChaosManager, service: &str, operation: &str) -> String {
    chaos.explain(service, operation).to_string()
}

const TWICE: &str = "pass two layers";

#[tokio::test]
async fn a_server_layer_applied_twice_is_explained() {
    let chaos = ChaosManager::new();
    let layer = || ChaosLayer::server(&chaos, "orders");
    let routes = Router::new().route("/orders", get(async || "done"));
    let _guards = ["orders", "front"].map(|service| {
        let radius = rarely(BlastRadius::requests_to(service));
        chaos.inject(radius, failing()).unwrap()
    });
    let once = routes.clone().layer(layer());
    let two_services = once.clone().layer(ChaosLayer::server(&chaos, "front"));
    for service in [once, two_services] {
        get_path(service, "/orders").await;
    }
    let explained = explain(&chaos, "orders", "GET /orders");
    assert!(!explained.contains(TWICE), "{explained}");

    let nested = Router::new().nest("/v1", routes.layer(layer()));
    get_path(nested.layer(layer()), "/v1/orders").await;
    let explained = explain(&chaos, "orders", "GET /orders");
    assert!(explained.contains(TWICE), "{explained}");
}

#[tokio::test]
async fn a_client_layer_applied_twice_is_explained_and_a_retry_is_not() {
    let chaos = ChaosManager::new();
    let layer = || ChaosLayer::client(&chaos, "pms");
    let _guard = chaos
        .inject(rarely(BlastRadius::calls_to("pms")), failing())
        .unwrap();
    let pms = service_fn(async |_: Request<String>| {
        Ok::<_, Infallible>(Response::new(String::from("done")))
    });
    let reserve = || Request::post("/reserve").body(String::new()).unwrap();
    let client = layer().layer(pms);
    for _attempt in 0..2 {
        client.clone().oneshot(reserve()).await.unwrap();
    }
    let explained = explain(&chaos, "pms", "POST /reserve");
    assert!(!explained.contains(TWICE), "{explained}");

    let twice = ServiceBuilder::new()
        .layer(layer())
        .layer(layer())
        .service(pms);
    twice.oneshot(reserve()).await.unwrap();
    let explained = explain(&chaos, "pms", "POST /reserve");
    assert!(explained.contains(TWICE), "{explained}");
}

#[tokio::test]
async fn a_route_added_after_the_layer_is_explained() {
    let chaos = ChaosManager::new();
    let service = Router::new()
        .route("/orders", get(async || "done"))
        .layer(ChaosLayer::server(&chaos, "orders"))
        .route("/late", get(async || "late"));
    let _guard = chaos
        .inject(BlastRadius::requests_to("orders"), failing())
        .unwrap();
    assert_eq!(get_path(service.clone(), "/orders").await, 503);
    assert_eq!(get_path(service.clone(), "/late").await, 200);
    let late = explain(&chaos, "orders", "GET /late");
    assert!(late.contains("added after the layer"), "{late}");
    let early = explain(&chaos, "orders", "GET /orders");
    assert!(!early.contains("added after the layer"), "{early}");
}
