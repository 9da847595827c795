//! Long names and keys.

use chaos_core::{BlastRadius, ChaosManager, Failure, Fault, Operation, Rate, Scope};

use crate::{broken, injections};

#[tokio::test]
async fn long_names_and_keys_are_cut_in_all_that_is_kept() {
    let chaos = ChaosManager::new();
    let pms = chaos.site("pms");
    let _guard = chaos.start(broken("a")).unwrap();
    let (name, key) = ("n".repeat(60_000), "k".repeat(60_000));
    let scope = Scope::new(&key);
    let fault = pms
        .point(Operation::new(&name).within(&scope))
        .await
        .unwrap_err();
    let cut = |text: &str| text[..509].to_owned() + "…";
    let [injected] = &injections(&chaos)[..] else {
        panic!("{:?}", chaos.journal());
    };
    assert_eq!(injected.operation, cut(&name));
    assert_eq!(injected.key, Some(cut(&key)));
    assert_eq!(*scope.touched()[0].operation, cut(&name));
    assert_eq!(fault.operation(), cut(&name));
    assert_eq!(scope.key(), key);
}

#[tokio::test]
async fn draws_and_globs_use_all_of_a_long_name() {
    let chaos = ChaosManager::new();
    let pms = chaos.site("pms");
    let name = |nth: u32| "n".repeat(1_000) + &nth.to_string();
    let half = BlastRadius::points_at("pms").rate(Rate::percent(50.0).unwrap());
    let failing = Fault::error(Failure::Unavailable);
    let guard = chaos.inject(half, failing.clone()).unwrap();
    let scope = Scope::new("order-7");
    for nth in 0..200 {
        let _ = pms.point(Operation::new(&name(nth)).within(&scope)).await;
    }
    // All names have the same excerpt, and so would have the same draw.
    assert!((50..150).contains(&guard.injected()));
    drop(guard);
    let only = BlastRadius::points_at("pms").operation("*99");
    let guard = chaos.inject(only, failing).unwrap();
    for nth in 0..200 {
        let _ = pms.point(name(nth).as_str()).await;
    }
    assert_eq!(guard.injected(), 2);
}
