//! Faults of the storefront's own server: guards, paused time, real connections.

use std::sync::Arc;
use std::time::Duration;

use chaos_tower::{BlastRadius, ChaosListener, ChaosManager, Failure, Fault};
use storefront::{Settings, Storefront};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::Instant;

async fn shop(chaos: &ChaosManager) -> Storefront {
    let settings = Settings {
        catalogue_fresh_for: Duration::from_secs(3600),
        ..Settings::default()
    };
    Storefront::start(chaos, settings).await.unwrap()
}

fn requests() -> BlastRadius {
    BlastRadius::requests_to("storefront")
}

#[tokio::test]
async fn an_unavailable_storefront_says_so_until_the_guard_is_dropped() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos).await;
    assert_eq!(shop.browse().await.status, 200);

    let down = chaos
        .inject(requests(), Fault::error(Failure::Unavailable))
        .unwrap();
    assert_eq!(shop.browse().await.status, 503);
    assert_eq!(
        down.injected(),
        1,
        "a fault that never fired proves nothing"
    );

    drop(down);
    assert_eq!(shop.browse().await.status, 200);
}

#[tokio::test]
async fn a_slow_storefront_costs_no_real_time() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos).await;
    // From now on the catalogue is at hand: a paused clock runs ahead of whatever really takes time.
    assert_eq!(shop.browse().await.status, 200);
    tokio::time::pause();
    let slow = Fault::latency(Duration::from_secs(60));
    let _slow = chaos.inject(requests(), slow).unwrap();

    let start = Instant::now();
    assert_eq!(shop.browse().await.status, 200);
    assert!(start.elapsed() >= Duration::from_secs(60));
}

#[tokio::test]
async fn a_reply_that_breaks_off_is_none() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos).await;
    let _reset = chaos.inject(requests(), Fault::reset()).unwrap();
    assert_eq!(shop.browse().await.status, 0);
}

#[tokio::test]
async fn health_is_not_hit() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos).await;
    let down = chaos
        .inject(requests(), Fault::error(Failure::Unavailable))
        .unwrap();
    assert_eq!(shop.health().await.status, 200);
    assert_eq!(down.injected(), 0);
}

#[tokio::test]
async fn who_sends_no_key_is_told() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos).await;
    assert_eq!(shop.checkout("").await.status, 400);
}

#[tokio::test]
async fn an_order_whose_customer_has_gone_is_paid_by_and_by() {
    let chaos = ChaosManager::new();
    let settings = Settings {
        reconcile_every: Duration::from_millis(10),
        ..Settings::default()
    };
    let shop = Arc::new(Storefront::start(&chaos, settings).await.unwrap());
    let calls = BlastRadius::calls_to("payments");
    let down = chaos.inject(calls, Fault::error(Failure::Refused)).unwrap();
    assert_eq!(shop.checkout("key-1").await.status, 503);
    drop(down);

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let listener = ChaosListener::new(listener, &chaos, "storefront");
    let asking = Arc::clone(&shop);
    let paid = async move {
        while !asking.order("key-1").await.body.contains("paid") {
            tokio::task::yield_now().await;
        }
    };
    shop.serve(listener, paid).await.unwrap();
    assert_eq!(shop.payments().charges_for("key-1"), 1);
}

/// Told to stop, it ends at once, and what it held is answered.
#[tokio::test]
async fn held_requests_do_not_hold_up_the_end() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/products", listener.local_addr().unwrap());
    let listener = ChaosListener::new(listener, &chaos, "storefront");
    let (stop, stopped) = oneshot::channel::<()>();
    let halt = chaos.clone();
    let stop_chaos_first = async move {
        let _ = stopped.await;
        halt.halt();
    };
    let server = tokio::spawn(async move { shop.serve(listener, stop_chaos_first).await });
    let slow = Fault::latency(Duration::from_secs(250));
    let held = chaos.inject(requests(), slow).unwrap();
    let asked = tokio::spawn(async { reqwest::get(url).await.unwrap().status() });
    held.wait_for(1).await.unwrap();
    stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(100), server).await;
    ended
        .expect("it ends long before the fault")
        .unwrap()
        .unwrap();
    assert_eq!(asked.await.unwrap(), 200);
}
