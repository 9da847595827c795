//! How a service's own tests inject faults: a manager each, guards, paused time.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use chaos_tower::{BlastRadius, ChaosManager, Experiment, Failure, Fault, Phase};
use storefront::payments::Payments;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tower::ServiceExt;

async fn status(app: &Router, request: Request<Body>) -> StatusCode {
    app.clone().oneshot(request).await.unwrap().status()
}

async fn get(app: &Router, path: &str) -> StatusCode {
    status(app, Request::get(path).body(Body::empty()).unwrap()).await
}

async fn checkout(app: &Router) -> StatusCode {
    status(app, Request::post("/checkout").body(Body::empty()).unwrap()).await
}

/// The storefront without the service that it calls.
fn app(chaos: &ChaosManager) -> Router {
    storefront::app(chaos, "http://payments.invalid").unwrap()
}

fn storefront() -> BlastRadius {
    BlastRadius::requests_to("storefront")
}

#[tokio::test]
async fn an_unavailable_storefront_says_so_until_the_guard_is_dropped() {
    let chaos = ChaosManager::new();
    let app = app(&chaos);
    assert_eq!(get(&app, "/products").await, StatusCode::OK);

    let down = chaos
        .inject(storefront(), Fault::error(Failure::Unavailable))
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
    let app = app(&chaos);
    let slow = Fault::latency(Duration::from_secs(60));
    let _slow = chaos.inject(storefront(), slow).unwrap();

    let start = Instant::now();
    assert_eq!(get(&app, "/orders/7").await, StatusCode::OK);
    assert_eq!(start.elapsed(), Duration::from_secs(60));
}

#[tokio::test]
async fn health_is_not_hit() {
    let chaos = ChaosManager::new();
    let app = app(&chaos);
    let down = chaos
        .inject(storefront(), Fault::error(Failure::Unavailable))
        .unwrap();
    assert_eq!(get(&app, "/health").await, StatusCode::OK);
    assert_eq!(down.injected(), 0);
}

#[tokio::test]
async fn a_checkout_says_what_became_of_the_payment() {
    let chaos = ChaosManager::new();
    let payments = Payments::start().await.unwrap();
    let app = storefront::app(&chaos, &payments.url()).unwrap();
    assert_eq!(checkout(&app).await, StatusCode::CREATED);
    for (fault, phase, told, charged) in [
        (Fault::error(Failure::Refused), Phase::Before, 502, 0),
        (Fault::error(Failure::Unavailable), Phase::Before, 502, 0),
        (Fault::timeout(Duration::ZERO), Phase::Before, 504, 0),
        // The customer is charged, and told that it failed: here is work to do.
        (Fault::reset(), Phase::After, 502, 1),
    ] {
        let before = payments.charges();
        let experiment = Experiment::new("payments fail")
            .fault(fault.clone())
            .blast_radius(BlastRadius::calls_to("payments"))
            .phase(phase);
        let guard = chaos.start(experiment).unwrap();
        assert_eq!(checkout(&app).await.as_u16(), told, "{fault:?}");
        assert_eq!(payments.charges() - before, charged, "{fault:?}");
        assert_eq!(guard.injected(), 1);
    }
    assert_eq!(checkout(&app).await, StatusCode::CREATED);
}

#[tokio::test]
async fn a_payments_service_that_is_gone_is_seen_on_connections_that_are_open() {
    let chaos = ChaosManager::new();
    let payments = Payments::start().await.unwrap();
    let app = storefront::app(&chaos, &payments.url()).unwrap();
    assert_eq!(checkout(&app).await, StatusCode::CREATED);
    let gone = chaos
        .inject(BlastRadius::streams_to("payments"), Fault::reset())
        .unwrap();
    assert_eq!(checkout(&app).await, StatusCode::BAD_GATEWAY);
    assert!(gone.injected() > 0);
    drop(gone);
    assert_eq!(checkout(&app).await, StatusCode::CREATED);
}

/// Told to stop, it ends at once, and what it held is answered.
#[tokio::test]
async fn held_requests_do_not_hold_up_the_end() {
    let chaos = ChaosManager::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/products", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(storefront::serve(
        listener,
        app(&chaos),
        chaos.clone(),
        async {
            let _ = stopped.await;
        },
    ));
    let held = chaos
        .inject(storefront(), Fault::latency(Duration::from_secs(250)))
        .unwrap();
    let asked = tokio::spawn(async { reqwest::get(url).await.unwrap().status() });
    held.wait_for(1).await.unwrap();
    stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(20), server).await;
    ended
        .expect("it ends long before the fault")
        .unwrap()
        .unwrap();
    assert_eq!(asked.await.unwrap(), StatusCode::OK);
}
