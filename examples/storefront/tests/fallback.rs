//! What is shown while the database can't say what there is.

use chaos_sqlx::{BlastRadius, ChaosManager, ExperimentGuard, Failure, Fault};
use storefront::{Bug, Settings, Storefront};

async fn shop(chaos: &ChaosManager, bug: impl Into<Option<Bug>>) -> Storefront {
    let settings = Settings {
        bug: bug.into(),
        ..Settings::default()
    };
    Storefront::start(chaos, settings).await.unwrap()
}

fn broken(chaos: &ChaosManager) -> ExperimentGuard {
    let products = BlastRadius::queries_on("orders-db").operation("SELECT products");
    chaos
        .inject(products, Fault::error(Failure::Internal))
        .unwrap()
}

#[tokio::test]
async fn what_is_always_there_is_shown_for_as_long_as_the_fault_lasts() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos, None).await;
    let broken = broken(&chaos);
    let shown = shop.browse().await;
    assert_eq!(shown.status, 200);
    assert!(shown.is_stale() && shown.body.contains("lamp"));
    assert_eq!(broken.injected(), 1);

    drop(broken);
    let shown = shop.browse().await;
    assert!(!shown.is_stale() && shown.body.contains("table"));
}

#[tokio::test]
async fn a_fallback_that_reckons_with_a_full_cache_panics() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos, Bug::PanickingFallback).await;
    let _broken = broken(&chaos);
    assert_eq!(shop.browse().await.status, 500);
}

#[tokio::test]
async fn a_fallback_that_is_kept_outlives_the_fault() {
    let chaos = ChaosManager::new();
    let settings = Settings {
        catalogue_fresh_for: std::time::Duration::from_secs(600),
        bug: Some(Bug::CachedError),
        ..Settings::default()
    };
    let shop = Storefront::start(&chaos, settings).await.unwrap();
    let broken = broken(&chaos);
    shop.browse().await;
    drop(broken);
    let shown = shop.browse().await;
    assert!(!shown.is_stale() && !shown.body.contains("table"));
}
