//! Faults of the storefront's own server: guards, paused time, real connections.

use std::time::Duration;

use chaos_tower::{BlastRadius, ChaosListener, ChaosManager, ExperimentGuard, Failure, Fault};
use storefront::{Settings, Storefront};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::Instant;

async fn start() -> (ChaosManager, Storefront) {
    let chaos = ChaosManager::new();
    let settings = Settings {
        catalogue_ttl: Duration::from_secs(3600),
        reconcile_interval: Duration::from_millis(10),
        ..Settings::default()
    };
    let shop = Storefront::start(&chaos, settings).await.unwrap();
    (chaos, shop)
}

async fn listen(chaos: &ChaosManager) -> (ChaosListener<TcpListener>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (ChaosListener::new(listener, chaos, "storefront"), url)
}

fn inject(chaos: &ChaosManager, fault: Fault) -> ExperimentGuard {
    let requests = BlastRadius::requests_to("storefront");
    chaos.inject(requests, fault).unwrap()
}

#[tokio::test]
async fn the_storefront_is_unavailable_until_the_guard_is_dropped() {
    let (chaos, shop) = start().await;
    assert_eq!(shop.get("/products").await.status, 200);

    let down = inject(&chaos, Fault::error(Failure::Unavailable));
    assert_eq!(shop.get("/products").await.status, 503);
    assert_eq!(
        down.injected(),
        1,
        "a fault that never fired proves nothing"
    );

    drop(down);
    assert_eq!(shop.get("/products").await.status, 200);
}

#[tokio::test]
async fn latency_takes_no_real_time_on_a_paused_clock() {
    let (chaos, shop) = start().await;
    // Fills the cache: a paused clock would jump to the timeout of a query.
    assert_eq!(shop.get("/products").await.status, 200);
    tokio::time::pause();
    let _slow = inject(&chaos, Fault::latency(Duration::from_secs(60)));

    let start = Instant::now();
    assert_eq!(shop.get("/products").await.status, 200);
    assert!(start.elapsed() >= Duration::from_secs(60));
}

#[tokio::test]
async fn a_reset_breaks_off_the_reply() {
    let (chaos, shop) = start().await;
    let _reset = inject(&chaos, Fault::reset());
    assert_eq!(shop.get("/products").await.status, 0);
}

#[tokio::test]
async fn the_health_route_is_not_hit() {
    let (chaos, shop) = start().await;
    let down = inject(&chaos, Fault::error(Failure::Unavailable));
    assert_eq!(shop.get("/health").await.status, 200);
    assert_eq!(down.injected(), 0);
}

#[tokio::test]
async fn a_checkout_without_a_key_is_refused() {
    let (_chaos, shop) = start().await;
    assert_eq!(shop.checkout("").await.status, 400);
}

#[tokio::test]
async fn an_unpaid_order_is_paid_without_its_customer() {
    let (chaos, shop) = start().await;
    let calls = BlastRadius::calls_to("payments");
    let down = chaos.inject(calls, Fault::error(Failure::Refused)).unwrap();
    assert_eq!(shop.checkout("key-1").await.status, 503);
    drop(down);

    let (listener, url) = listen(&chaos).await;
    let (stop, stopped) = oneshot::channel::<()>();
    let wait_until_paid = async {
        let body = async || {
            reqwest::get(format!("{url}/orders/key-1"))
                .await?
                .text()
                .await
        };
        while !body().await.unwrap().contains("paid") {}
        stop.send(()).unwrap();
    };
    let stopped = async { stopped.await.unwrap() };
    let (served, ()) = tokio::join!(shop.serve(listener, stopped), wait_until_paid);
    served.unwrap();
    assert_eq!(shop.payments().charges_for("key-1"), 1);
}

/// After a halt, a held request is answered, and the server stops at once.
#[tokio::test]
async fn a_held_request_does_not_delay_the_shutdown() {
    let (chaos, shop) = start().await;
    let (listener, url) = listen(&chaos).await;
    let (stop, stopped) = oneshot::channel::<()>();
    let halt_and_stop = {
        let chaos = chaos.clone();
        async move {
            let _ = stopped.await;
            chaos.halt();
        }
    };
    let server = tokio::spawn(async move { shop.serve(listener, halt_and_stop).await });
    let held = inject(&chaos, Fault::latency(Duration::from_secs(250)));
    let request = tokio::spawn(reqwest::get(format!("{url}/products")));
    held.wait_for(1).await.unwrap();
    stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(100), server).await;
    ended.expect("the server stops").unwrap().unwrap();
    assert_eq!(request.await.unwrap().unwrap().status(), 200);
}
