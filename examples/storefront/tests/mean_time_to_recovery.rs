//! How long it takes from the end of a fault to the first customer who is served.

use std::time::Duration;

use chaos_sqlx::{BlastRadius, ChaosManager, Failure, Fault};
use storefront::{Bug, Circuit, Settings, Storefront};
use tokio::time::Instant;

const OPEN_FOR: Duration = Duration::from_secs(30);

async fn shop(chaos: &ChaosManager, bug: impl Into<Option<Bug>>) -> Storefront {
    let settings = Settings {
        circuit_opens_after: 3,
        circuit_open_for: OPEN_FOR,
        bug: bug.into(),
        ..Settings::default()
    };
    Storefront::start(chaos, settings).await.unwrap()
}

/// Has a customer ask every second until it is served; says how long that took, if it did not take more than a minute.
async fn time_to_recovery(shop: &Storefront) -> Option<Duration> {
    let end = Instant::now();
    while end.elapsed() < Duration::from_secs(60) {
        if shop.checkout("key-1").await.is_good() {
            return Some(end.elapsed());
        }
        // A second for each try, and no time for us: nothing is under way that a clock that jumps could disturb.
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(1)).await;
        tokio::time::resume();
    }
    None
}

#[tokio::test]
async fn after_an_outage_of_payments_it_is_as_long_as_the_circuit_is_open() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos, None).await;
    let outage = chaos
        .inject(
            BlastRadius::calls_to("payments"),
            Fault::error(Failure::Refused),
        )
        .unwrap();
    assert_eq!(shop.checkout("key-1").await.status, 503);
    assert_eq!(shop.circuit(), Circuit::Open);
    drop(outage);

    let took = time_to_recovery(&shop).await.unwrap();
    assert!(took >= Duration::from_secs(20), "{took:?}");
    assert_eq!(shop.payments().charges_for("key-1"), 1);
}

#[tokio::test]
async fn after_a_statement_that_failed_there_is_nothing_to_recover_from() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos, None).await;
    let stock = BlastRadius::queries_on("orders-db").operation("UPDATE products");
    let outage = chaos
        .inject(stock, Fault::error(Failure::Internal))
        .unwrap();
    assert_eq!(shop.checkout("key-1").await.status, 503);
    assert_eq!(outage.injected(), 1);
    drop(outage);

    assert_eq!(shop.checkout("key-1").await.status, 201);
}

/// The transaction that was left open keeps everybody from writing.
#[tokio::test]
async fn without_its_rollback_it_does_not_recover() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos, Bug::LostRollback).await;
    let stock = BlastRadius::queries_on("orders-db").operation("UPDATE products");
    let outage = chaos
        .inject(stock, Fault::error(Failure::Internal))
        .unwrap();
    assert_eq!(shop.checkout("key-1").await.status, 503);
    drop(outage);

    for _ in 0..3 {
        assert_eq!(shop.checkout("key-1").await.status, 503);
    }
}
