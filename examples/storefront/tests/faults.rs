//! How a service's own tests inject faults: a manager each, guards, paused time.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use chaos_tower::{BlastRadius, ChaosManager, Failure, Fault};
use tokio::time::Instant;
use tower::ServiceExt;

async fn get(app: &Router, path: &str) -> StatusCode {
    let request = Request::get(path).body(Body::empty()).unwrap();
    app.clone().oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn an_unavailable_storefront_says_so_until_the_guard_is_dropped() {
    let chaos = ChaosManager::new();
    let app = storefront::app(&chaos);
    assert_eq!(get(&app, "/products").await, StatusCode::OK);

    let down = chaos
        .inject(
            BlastRadius::requests_to("storefront"),
            Fault::error(Failure::Unavailable),
        )
        .unwrap();
    assert_eq!(
        get(&app, "/products").await,
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert_eq!(
        down.injected(),
        1,
        "a fault that never fired proves nothing"
    );

    drop(down);
    assert_eq!(get(&app, "/products").await, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_slow_storefront_costs_no_real_time() {
    let chaos = ChaosManager::new();
    let app = storefront::app(&chaos);
    let _slow = chaos
        .inject(
            BlastRadius::requests_to("storefront"),
            Fault::latency(Duration::from_secs(60)),
        )
        .unwrap();

    let start = Instant::now();
    assert_eq!(get(&app, "/orders/7").await, StatusCode::OK);
    assert_eq!(start.elapsed(), Duration::from_secs(60));
}

#[tokio::test]
async fn health_is_not_hit() {
    let chaos = ChaosManager::new();
    let app = storefront::app(&chaos);
    let down = chaos
        .inject(
            BlastRadius::requests_to("storefront"),
            Fault::error(Failure::Unavailable),
        )
        .unwrap();
    assert_eq!(get(&app, "/health").await, StatusCode::OK);
    assert_eq!(down.injected(), 0);
}
