//! Payments that take their time don't take that of the storefront.

use std::time::Duration;

use chaos_tower::{BlastRadius, ChaosManager, ExperimentGuard, Fault};
use storefront::{Bug, Settings, Storefront};

const LIMIT: Duration = Duration::from_millis(500);

async fn shop(chaos: &ChaosManager, bug: impl Into<Option<Bug>>) -> Storefront {
    let settings = Settings {
        payments_timeout: LIMIT,
        bug: bug.into(),
        ..Settings::default()
    };
    Storefront::start(chaos, settings).await.unwrap()
}

/// The fault ends with its guard, long before these minutes are over.
fn slow(chaos: &ChaosManager) -> ExperimentGuard {
    let minutes = Fault::latency(Duration::from_secs(200));
    chaos
        .inject(BlastRadius::calls_to("payments"), minutes)
        .unwrap()
}

#[tokio::test]
async fn each_try_ends_in_time_and_the_order_is_kept_for_later() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos, None).await;
    let slow = slow(&chaos);
    assert_eq!(shop.checkout("key-1").await.status, 503);
    assert_eq!(slow.injected(), 3);
    assert!(shop.order("key-1").await.body.contains("pending"));

    drop(slow);
    assert_eq!(shop.reconcile().await, Ok(1));
    assert!(shop.order("key-1").await.body.contains("paid"));
    assert_eq!(shop.payments().charges_for("key-1"), 1);
}

#[tokio::test]
async fn without_a_timeout_the_first_try_never_ends() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos, Bug::NoTimeout).await;
    let slow = slow(&chaos);
    tokio::select! {
        reply = shop.checkout("key-1") => panic!("it ended: {reply:?}"),
        () = tokio::time::sleep(4 * LIMIT) => {}
    }
    assert!(slow.injected() <= 1);
}

#[tokio::test]
async fn who_is_cancelled_gives_its_permit_back() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos, None).await;
    let before = shop.free_permits();
    let _slow = slow(&chaos);
    assert_eq!(shop.checkout("key-1").await.status, 503);
    assert_eq!(shop.free_permits(), before);
}

#[tokio::test]
async fn a_permit_that_is_given_back_by_hand_is_lost() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos, Bug::LeakedPermit).await;
    let before = shop.free_permits();
    let _slow = slow(&chaos);
    assert_eq!(shop.checkout("key-1").await.status, 503);
    assert_eq!(shop.free_permits(), before - 3);
}
