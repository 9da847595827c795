//! What is explored of the storefront, and what must hold of it whatever goes wrong.

use std::time::Duration;

use chaos_explore::{Exploration, explore};
use storefront::{Bug, Settings, Storefront};

const KEY: &str = "order-7";

/// Somebody looks around and buys a lamp.
pub(crate) fn exploration(bug: Option<Bug>) -> Exploration {
    explore(async move |chaos| {
        let settings = Settings {
            payments_at_once: 1,
            bug,
            ..Settings::default()
        };
        Storefront::start(&chaos, settings)
            .await
            .expect("a storefront")
    })
    .act(async |shop| (shop.browse().await, shop.checkout(KEY).await))
    .verify(async |shop, (seen, bought)| {
        // 0: the connection broke before there was an answer.
        let is_clean = matches!(seen.status, 0 | 200 | 503);
        assert!(is_clean, "browsing gave no clean answer: {seen:?}");
        let is_clean = matches!(bought.status, 0 | 201 | 503);
        assert!(is_clean, "buying gave no clean answer: {bought:?}");
        // What was told holds before anything is tried again.
        for seen in [seen, shop.browse().await] {
            let is_whole = !seen.is_good() || seen.is_stale() || seen.body.contains("table");
            assert!(is_whole, "a part was told as the whole catalogue: {seen:?}");
        }
        let charges = shop.payments().charges_for(KEY);
        assert!(charges <= 1, "charged {charges} times");
        if bought.is_good() {
            assert_eq!(charges, 1, "told that it was bought, and not charged");
            let order = shop.order(KEY).await;
            let is_paid = order.body.contains("paid");
            assert!(is_paid, "told that it was bought, and it is not: {order:?}");
        }
        recovers(&shop).await;
    })
}

/// Nothing is left of what was broken.
async fn recovers(shop: &Storefront) {
    // By then the breaker in front of payments lets the next one through.
    tokio::time::sleep(Duration::from_secs(10)).await;
    shop.reconcile().await.expect("payments are there again");
    let is_charged = shop.payments().charges_for(KEY) > 0;
    let is_ordered = shop.order(KEY).await.is_good();
    assert!(is_ordered || !is_charged, "charged for no order");
    let again = shop.checkout(KEY).await;
    assert!(again.is_good(), "it can't be bought afterwards: {again:?}");
    let charges = shop.payments().charges_for(KEY);
    assert_eq!(charges, 1, "bought in the end, and charged {charges} times");
    let seen = shop.browse().await;
    assert!(
        seen.is_good() && !seen.is_stale(),
        "still out of date: {seen:?}"
    );
    let health = shop.health().await;
    assert!(health.is_good(), "still not well: {health:?}");
}
