//! An order is in the database and its charge at payments, and one is not without the other for long.

use chaos_sqlx::{BlastRadius, ChaosManager, ExperimentGuard, Failure, Fault};
use storefront::{Bug, Settings, Storefront};

async fn shop(chaos: &ChaosManager, bug: impl Into<Option<Bug>>) -> Storefront {
    let settings = Settings {
        bug: bug.into(),
        ..Settings::default()
    };
    Storefront::start(chaos, settings).await.unwrap()
}

fn full(chaos: &ChaosManager, operation: &str) -> ExperimentGuard {
    let writes = BlastRadius::queries_on("orders-db").operation(operation);
    chaos
        .inject(writes, Fault::error(Failure::DiskFull))
        .unwrap()
}

#[tokio::test]
async fn no_order_no_charge() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos, None).await;
    let full = full(&chaos, "INSERT orders");
    assert_eq!(shop.checkout("key-1").await.status, 503);
    drop(full);
    assert_eq!(shop.reconcile().await, Ok(0));
    assert_eq!(shop.order("key-1").await.status, 404);
    assert_eq!(shop.payments().charges_for("key-1"), 0);
}

#[tokio::test]
async fn a_charge_that_was_not_written_down_is_found_again() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos, None).await;
    let full = full(&chaos, "UPDATE orders");
    assert_eq!(shop.checkout("key-1").await.status, 503);
    assert_eq!(shop.payments().charges_for("key-1"), 1);
    drop(full);
    assert_eq!(shop.reconcile().await, Ok(1));
    assert!(shop.order("key-1").await.body.contains("paid"));
    assert_eq!(shop.payments().charges_for("key-1"), 1);
}

#[tokio::test]
async fn who_charges_first_may_charge_for_nothing() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos, Bug::ChargeBeforeOrder).await;
    let full = full(&chaos, "INSERT orders");
    assert_eq!(shop.checkout("key-1").await.status, 503);
    drop(full);
    assert_eq!(shop.reconcile().await, Ok(0));
    assert_eq!(shop.order("key-1").await.status, 404);
    assert_eq!(shop.payments().charges_for("key-1"), 1);
}
