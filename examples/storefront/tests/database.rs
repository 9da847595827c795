//! Faults of the database: degradation, retried commits, and orders without charges.

use std::io::{Write as _, stdout};
use std::time::Duration;

use chaos_sqlx::{
    BlastRadius, ChaosManager, Experiment, ExperimentGuard, Failure, Fault, Pattern, Phase,
};
use storefront::{Bug, Settings, Storefront};

async fn start(settings: Settings) -> (ChaosManager, Storefront) {
    let chaos = ChaosManager::new();
    let shop = Storefront::start(&chaos, settings).await.unwrap();
    (chaos, shop)
}

fn fail(chaos: &ChaosManager, operation: &str, failure: Failure) -> ExperimentGuard {
    let queries = BlastRadius::queries_on("orders-db").operation(operation);
    chaos.inject(queries, Fault::error(failure)).unwrap()
}

fn fail_commits(
    chaos: &ChaosManager,
    fault: Fault,
    phase: Phase,
    pattern: Pattern,
) -> ExperimentGuard {
    let experiment = Experiment::new("failing commits")
        .fault(fault)
        .blast_radius(BlastRadius::queries_on("orders-db").operation("COMMIT"))
        .pattern(pattern)
        .phase(phase);
    chaos.start(experiment).unwrap()
}

#[tokio::test]
async fn during_an_outage_the_cached_catalogue_is_shown_and_nothing_is_sold() {
    let settings = Settings {
        catalogue_ttl: Duration::ZERO,
        acquire_timeout: Duration::from_secs(1),
        ..Settings::default()
    };
    let (chaos, shop) = start(settings).await;
    assert_eq!(shop.get("/health").await.status, 200);
    assert!(!shop.get("/products").await.is_stale());

    let outage = fail(&chaos, "*", Failure::Unavailable);
    let reply = shop.get("/products").await;
    assert!(reply.is_success() && reply.is_stale() && reply.body.contains("table"));
    assert_eq!(shop.checkout("key-1").await.status, 503);
    assert_eq!(shop.get("/health").await.status, 503);
    assert!(outage.injected() >= 3);

    drop(outage);
    assert!(!shop.get("/products").await.is_stale());
    assert_eq!(shop.get("/health").await.status, 200);
    assert_eq!(shop.checkout("key-1").await.status, 201);
}

#[tokio::test]
async fn without_a_cache_a_fixed_selection_is_shown_until_the_fault_ends() {
    let (chaos, shop) = start(Settings::default()).await;
    let failing = fail(&chaos, "SELECT products", Failure::Internal);
    let reply = shop.get("/products").await;
    assert_eq!(reply.status, 200);
    assert!(reply.is_stale() && reply.body.contains("lamp"));
    assert_eq!(failing.injected(), 1);

    drop(failing);
    let reply = shop.get("/products").await;
    assert!(!reply.is_stale() && reply.body.contains("table"));
}

#[tokio::test]
async fn a_fallback_that_expects_a_filled_cache_panics() {
    let (chaos, shop) = start(Settings::with_bug(Bug::PanickingFallback)).await;
    let _failing = fail(&chaos, "SELECT products", Failure::Internal);
    assert_eq!(shop.get("/products").await.status, 500);
}

#[tokio::test]
async fn a_cached_fallback_outlives_the_fault() {
    let settings = Settings {
        catalogue_ttl: Duration::from_secs(600),
        ..Settings::with_bug(Bug::CachedError)
    };
    let (chaos, shop) = start(settings).await;
    let failing = fail(&chaos, "SELECT products", Failure::Internal);
    shop.get("/products").await;
    drop(failing);
    let reply = shop.get("/products").await;
    assert!(!reply.is_stale() && !reply.body.contains("table"));
}

/// Fails both commits of a checkout; those that happened are found, and not repeated.
async fn assert_commits_happen_once(settings: Settings, faults: &[Fault]) {
    let (chaos, shop) = start(settings).await;
    let cases = [
        (Phase::Before, Pattern::burst(1, 1).unwrap()),
        (Phase::After, Pattern::first(2)),
    ];
    for (phase, pattern) in cases {
        for (number, fault) in faults.iter().enumerate() {
            // Unique, because the tables of a Postgres server are kept.
            let key = format!("{}-{number}-{phase}", std::process::id());
            let failing = fail_commits(&chaos, fault.clone(), phase, pattern.clone());
            assert_eq!(shop.checkout(&key).await.status, 201, "{fault:?} {phase}");
            assert_eq!(failing.injected(), 2);
            assert_eq!(shop.payments().charges_for(&key), 1);
            let order = shop.get(&format!("/orders/{key}")).await;
            assert!(order.body.contains("paid"));
        }
    }
    assert!(shop.get("/products").await.body.contains("table"));
    assert_eq!(shop.get("/health").await.status, 200);
}

#[tokio::test]
async fn failed_commits_are_retried_and_happen_once() {
    let faults = [Fault::error(Failure::Deadlock), Fault::reset()];
    assert_commits_happen_once(Settings::default(), &faults).await;
}

#[tokio::test]
async fn failed_commits_are_retried_and_happen_once_on_postgres() {
    let Ok(url) = std::env::var("CHAOS_TEST_POSTGRES_URL") else {
        let _ = writeln!(stdout(), "skipped: CHAOS_TEST_POSTGRES_URL is not set");
        return;
    };
    let settings = Settings {
        postgres: Some(url),
        ..Settings::default()
    };
    let failures = [
        Failure::Deadlock,
        Failure::SerializationConflict,
        Failure::Reset,
    ];
    assert_commits_happen_once(settings, &failures.map(Fault::error)).await;
}

#[tokio::test]
async fn a_swallowed_commit_error_leaves_a_paid_order_pending() {
    let (chaos, shop) = start(Settings::with_bug(Bug::SwallowedCommit)).await;
    let second = Pattern::after(1);
    let _failing = fail_commits(&chaos, Fault::reset(), Phase::Before, second);
    assert_eq!(shop.checkout("key-1").await.status, 201);
    assert!(shop.get("/orders/key-1").await.body.contains("pending"));
}

#[tokio::test]
async fn without_an_order_there_is_no_charge() {
    let (chaos, shop) = start(Settings::default()).await;
    let full = fail(&chaos, "INSERT orders", Failure::DiskFull);
    assert_eq!(shop.checkout("key-1").await.status, 503);
    drop(full);
    assert_eq!(shop.reconcile().await, Ok(0));
    assert_eq!(shop.get("/orders/key-1").await.status, 404);
    assert_eq!(shop.payments().charges_for("key-1"), 0);
}

#[tokio::test]
async fn a_charge_before_the_order_may_be_for_nothing() {
    let (chaos, shop) = start(Settings::with_bug(Bug::ChargeBeforeOrder)).await;
    let full = fail(&chaos, "INSERT orders", Failure::DiskFull);
    assert_eq!(shop.checkout("key-1").await.status, 503);
    drop(full);
    assert_eq!(shop.reconcile().await, Ok(0));
    assert_eq!(shop.get("/orders/key-1").await.status, 404);
    assert_eq!(shop.payments().charges_for("key-1"), 1);
}

#[tokio::test]
async fn a_charge_that_was_not_recorded_is_reconciled() {
    let (chaos, shop) = start(Settings::default()).await;
    let full = fail(&chaos, "UPDATE orders", Failure::DiskFull);
    assert_eq!(shop.checkout("key-1").await.status, 503);
    assert_eq!(shop.payments().charges_for("key-1"), 1);
    drop(full);
    assert_eq!(shop.reconcile().await, Ok(1));
    assert!(shop.get("/orders/key-1").await.body.contains("paid"));
    assert_eq!(shop.payments().charges_for("key-1"), 1);
}

#[tokio::test]
async fn the_service_recovers_at_once_from_a_failed_statement() {
    let (chaos, shop) = start(Settings::default()).await;
    let failing = fail(&chaos, "UPDATE products", Failure::Internal);
    assert_eq!(shop.checkout("key-1").await.status, 503);
    assert_eq!(failing.injected(), 1);
    drop(failing);
    assert_eq!(shop.checkout("key-1").await.status, 201);
}

/// The open transaction keeps its write lock.
#[tokio::test]
async fn without_a_rollback_the_service_does_not_recover() {
    let (chaos, shop) = start(Settings::with_bug(Bug::LostRollback)).await;
    let failing = fail(&chaos, "UPDATE products", Failure::Internal);
    assert_eq!(shop.checkout("key-1").await.status, 503);
    drop(failing);
    for _ in 0..3 {
        assert_eq!(shop.checkout("key-1").await.status, 503);
    }
}
