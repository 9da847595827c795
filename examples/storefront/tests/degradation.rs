//! While something is down, the rest goes on, and nobody is told what is not so.

use std::time::Duration;

use chaos_sqlx::{BlastRadius, ChaosManager, Failure, Fault};
use storefront::{Bug, Settings, Storefront};

async fn shop(chaos: &ChaosManager, bug: impl Into<Option<Bug>>) -> Storefront {
    let settings = Settings {
        // Ask the database every time.
        catalogue_fresh_for: Duration::ZERO,
        acquire_timeout: Duration::from_secs(1),
        bug: bug.into(),
        ..Settings::default()
    };
    Storefront::start(chaos, settings).await.unwrap()
}

#[tokio::test]
async fn without_its_database_it_shows_what_it_knows_and_sells_nothing() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos, None).await;
    assert_eq!(shop.health().await.status, 200);
    assert!(!shop.browse().await.is_stale());

    let down = chaos
        .inject(
            BlastRadius::queries_on("orders-db"),
            Fault::error(Failure::Unavailable),
        )
        .unwrap();
    let shown = shop.browse().await;
    assert!(shown.is_good() && shown.is_stale() && shown.body.contains("table"));
    assert_eq!(shop.checkout("key-1").await.status, 503);
    assert_eq!(shop.health().await.status, 503);
    assert!(down.injected() >= 3);

    drop(down);
    assert!(!shop.browse().await.is_stale());
    assert_eq!(shop.health().await.status, 200);
    assert_eq!(shop.checkout("key-1").await.status, 201);
}

#[tokio::test]
async fn without_payments_it_says_so_and_keeps_the_order() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos, None).await;
    let down = chaos
        .inject(
            BlastRadius::calls_to("payments"),
            Fault::error(Failure::Refused),
        )
        .unwrap();
    let told = shop.checkout("key-1").await;
    assert_eq!(told.status, 503);
    assert!(told.body.contains("ask again with the same key"));
    assert!(!shop.browse().await.is_stale());

    drop(down);
    assert_eq!(shop.checkout("key-1").await.status, 201);
    assert_eq!(shop.payments().charges_for("key-1"), 1);
}

#[tokio::test]
async fn a_wrong_status_tells_of_an_order_that_is_not_paid() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos, Bug::WrongStatus).await;
    let _down = chaos
        .inject(
            BlastRadius::calls_to("payments"),
            Fault::error(Failure::Refused),
        )
        .unwrap();
    assert!(shop.checkout("key-1").await.is_good());
    assert_eq!(shop.payments().charges_for("key-1"), 0);
}
