//! An exploration of the storefront, and what must hold in spite of every fault.

use std::time::Duration;

use chaos_explore::{Exploration, explore};
use storefront::{Bug, Settings, Storefront};

const KEY: &str = "order-7";
const ORDER: &str = "/orders/order-7";

/// Explores a customer who browses and buys a lamp.
pub(crate) fn exploration(bug: Option<Bug>) -> Exploration {
    explore(async move |chaos| {
        let settings = Settings {
            concurrent_payments: 1,
            bug,
            ..Settings::default()
        };
        Storefront::start(&chaos, settings)
            .await
            .expect("a storefront")
    })
    .act(async |shop| (shop.get("/products").await, shop.checkout(KEY).await))
    .verify(async |shop, (browsed, bought)| {
        // Status 0: the connection broke before the reply.
        let is_clean = matches!(browsed.status, 0 | 200 | 503);
        assert!(is_clean, "unexpected reply to browsing: {browsed:?}");
        // The bank's own reply may be that it rejects the payment.
        let is_clean = matches!(bought.status, 0 | 201 | 402 | 503);
        assert!(is_clean, "unexpected reply to the checkout: {bought:?}");
        for reply in [browsed, shop.get("/products").await] {
            let is_whole = !reply.is_success() || reply.is_stale() || reply.body.contains("table");
            assert!(
                is_whole,
                "a part is shown as the whole catalogue: {reply:?}"
            );
        }
        let charges = shop.payments().charges_for(KEY);
        assert!(charges <= 1, "charged {charges} times");
        if bought.is_success() {
            assert_eq!(charges, 1, "reported as bought, but not charged");
            let order = shop.get(ORDER).await;
            let is_paid = order.body.contains("paid");
            assert!(is_paid, "reported as bought, but not paid: {order:?}");
        }
        assert_recovery(&shop).await;
    })
}

/// Asserts that the storefront works as if there had been no fault.
async fn assert_recovery(shop: &Storefront) {
    // Long enough for the circuit breaker to close.
    tokio::time::sleep(Duration::from_secs(10)).await;
    shop.reconcile().await.expect("payments are up again");
    let is_charged = shop.payments().charges_for(KEY) > 0;
    let is_ordered = shop.get(ORDER).await.is_success();
    assert!(is_ordered || !is_charged, "charged without an order");
    let retried = shop.checkout(KEY).await;
    assert!(retried.is_success(), "can't be bought later: {retried:?}");
    let charges = shop.payments().charges_for(KEY);
    assert_eq!(charges, 1, "bought in the end, but charged {charges} times");
    let browsed = shop.get("/products").await;
    let is_fresh = browsed.is_success() && !browsed.is_stale();
    assert!(is_fresh, "still out of date: {browsed:?}");
    let health = shop.get("/health").await;
    assert!(health.is_success(), "still not healthy: {health:?}");
}
