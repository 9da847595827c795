//! The books of the shop: what an auditor finds of each mistake, and that good books are in order.
#![cfg(feature = "chaos")]

use std::time::Duration;

use chaos_sqlx::{ChaosManager, Experiment, ExperimentGuard, Failure, Fault, Pattern, Phase};
use chaos_tower::BlastRadius;
use storefront::{Bug, Settings, Storefront};

async fn start(bug: Option<Bug>) -> (ChaosManager, Storefront) {
    let chaos = ChaosManager::new();
    let settings = Settings {
        bug,
        ..Settings::default()
    };
    let shop = Storefront::start(&chaos, settings).await.unwrap();
    (chaos, shop)
}

fn lose_one_reply(chaos: &ChaosManager) -> ExperimentGuard {
    let radius = BlastRadius::calls_to("payments").at_most(1);
    let lost = Experiment::new("lost reply")
        .fault(Fault::reset())
        .phase(Phase::After)
        .blast_radius(radius);
    chaos.start(lost).unwrap()
}

fn fail(chaos: &ChaosManager, operation: &str) -> ExperimentGuard {
    let queries = BlastRadius::queries_on("orders-db").operation(operation);
    chaos
        .inject(queries, Fault::error(Failure::ReadOnly))
        .unwrap()
}

async fn audit(shop: &Storefront, rule: &str) -> (u16, String) {
    let reply = shop.get(&format!("/books/{rule}")).await;
    (reply.status, reply.body)
}

fn in_order() -> (u16, String) {
    (200, "the books are in order".to_owned())
}

#[tokio::test]
async fn the_books_of_a_good_shop_are_in_order_whatever_fails() {
    let (chaos, shop) = start(None).await;
    let lost = lose_one_reply(&chaos);
    assert_eq!(shop.checkout("key-1").await.status, 201);
    drop(lost);
    let failing = ["INSERT orders", "SELECT products"].map(|operation| fail(&chaos, operation));
    assert_eq!(shop.checkout("key-2").await.status, 503);
    assert!(shop.get("/products").await.is_stale());
    drop(failing);
    for rule in ["charges", "orders", "receipts", "catalogue"] {
        assert_eq!(audit(&shop, rule).await, in_order(), "{rule}");
    }
    assert_eq!(audit(&shop, "taxes").await.0, 404);
}

#[tokio::test]
async fn a_second_charge_is_found() {
    let (chaos, shop) = start(Some(Bug::ChargeWithoutKey)).await;
    let _lost = lose_one_reply(&chaos);
    assert_eq!(shop.checkout("key-1").await.status, 201);
    let found = (500, "the order key-1 was charged twice".to_owned());
    assert_eq!(audit(&shop, "charges").await, found);
    // It stays in the books.
    assert_eq!(audit(&shop, "charges").await, found);
}

#[tokio::test]
async fn a_charge_without_an_order_is_found_after_a_grace() {
    let (chaos, shop) = start(Some(Bug::ChargeBeforeOrder)).await;
    let failing = fail(&chaos, "INSERT orders");
    assert_eq!(shop.checkout("key-1").await.status, 503);
    assert_eq!(audit(&shop, "orders").await, in_order());
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(3)).await;
    tokio::time::resume();
    let found = (500, "the charge for key-1 has no order".to_owned());
    assert_eq!(audit(&shop, "orders").await, found);
    drop(failing);
    assert_eq!(shop.checkout("key-1").await.status, 201);
    assert_eq!(audit(&shop, "orders").await, in_order());
}

#[tokio::test]
async fn a_confirmed_order_that_is_not_paid_is_found() {
    let (chaos, shop) = start(Some(Bug::SwallowedCommit)).await;
    let second = Experiment::new("failing commit")
        .fault(Fault::reset())
        .blast_radius(BlastRadius::queries_on("orders-db").operation("COMMIT"))
        .pattern(Pattern::after(1));
    let failing = chaos.start(second).unwrap();
    assert_eq!(shop.checkout("key-1").await.status, 201);
    let found = (
        500,
        "the order key-1 was confirmed and is not paid".to_owned(),
    );
    assert_eq!(audit(&shop, "receipts").await, found);
    drop(failing);
    assert_eq!(shop.reconcile().await, Ok(1));
    assert_eq!(audit(&shop, "receipts").await, in_order());
}

#[tokio::test]
async fn an_old_catalogue_that_is_passed_off_as_fresh_is_found() {
    let (chaos, shop) = start(Some(Bug::CachedError)).await;
    let _failing = fail(&chaos, "SELECT products");
    assert!(!shop.get("/products").await.is_stale());
    let found = (
        500,
        "the catalogue is old and passed off as fresh".to_owned(),
    );
    assert_eq!(audit(&shop, "catalogue").await, found);
}
