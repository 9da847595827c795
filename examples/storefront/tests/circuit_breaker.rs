//! Payments that are down are left alone for a while.

use std::time::Duration;

use chaos_tower::{BlastRadius, ChaosManager, ExperimentGuard, Failure, Fault};
use storefront::{Circuit, Settings, Storefront};

const OPEN_FOR: Duration = Duration::from_secs(60);

async fn shop(chaos: &ChaosManager, circuit_opens_after: u32) -> Storefront {
    let settings = Settings {
        circuit_opens_after,
        circuit_open_for: OPEN_FOR,
        payments_attempts: 1,
        ..Settings::default()
    };
    Storefront::start(chaos, settings).await.unwrap()
}

fn down(chaos: &ChaosManager) -> ExperimentGuard {
    let calls = BlastRadius::calls_to("payments");
    chaos
        .inject(calls, Fault::error(Failure::Unavailable))
        .unwrap()
}

/// Lets time pass while nothing is under way: under a paused clock, real I/O would seem to take for ever.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn it_opens_half_opens_and_closes() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos, 2).await;
    let down = down(&chaos);
    for key in ["key-1", "key-2"] {
        assert_eq!(shop.circuit(), Circuit::Closed);
        assert_eq!(shop.checkout(key).await.status, 503);
    }
    assert_eq!(shop.circuit(), Circuit::Open);
    assert_eq!(shop.checkout("key-3").await.status, 503);
    assert_eq!(down.injected(), 2, "payments are not asked any more");

    pass(OPEN_FOR).await;
    assert_eq!(shop.circuit(), Circuit::HalfOpen);
    assert_eq!(shop.checkout("key-3").await.status, 503);
    assert_eq!(down.injected(), 3, "they were asked once");
    assert_eq!(shop.circuit(), Circuit::Open);

    drop(down);
    pass(OPEN_FOR).await;
    assert_eq!(shop.checkout("key-3").await.status, 201);
    assert_eq!(shop.circuit(), Circuit::Closed);
}

#[tokio::test]
async fn without_one_payments_are_asked_on_and_on() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos, u32::MAX).await;
    let down = down(&chaos);
    for number in 1..=10 {
        assert_eq!(shop.checkout("key-1").await.status, 503);
        assert_eq!(down.injected(), number);
    }
}
