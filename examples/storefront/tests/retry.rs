//! What fails once is tried again, under the same key.

use chaos_sqlx::{BlastRadius, ChaosManager, Experiment, Failure, Fault, Pattern, Phase};
use storefront::{Bug, Settings, Storefront};

fn calls() -> BlastRadius {
    BlastRadius::calls_to("payments")
}

fn commits() -> BlastRadius {
    BlastRadius::queries_on("orders-db").operation("COMMIT")
}

/// The customer is charged, and the storefront does not hear of it.
fn lost_reply() -> Experiment {
    Experiment::new("lost reply")
        .fault(Fault::reset())
        .blast_radius(calls().at_most(1))
        .phase(Phase::After)
}

async fn shop(chaos: &ChaosManager, bug: impl Into<Option<Bug>>) -> Storefront {
    let settings = Settings {
        bug: bug.into(),
        ..Settings::default()
    };
    Storefront::start(chaos, settings).await.unwrap()
}

#[tokio::test]
async fn a_charge_whose_reply_is_lost_is_tried_again_and_made_once() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos, None).await;
    let lost = chaos.start(lost_reply()).unwrap();
    assert_eq!(shop.checkout("key-1").await.status, 201);
    assert_eq!(lost.injected(), 1);
    assert_eq!(shop.payments().charges_for("key-1"), 1);
}

#[tokio::test]
async fn without_its_key_the_charge_is_made_twice() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos, Bug::ChargeWithoutKey).await;
    let _lost = chaos.start(lost_reply()).unwrap();
    assert_eq!(shop.checkout("key-1").await.status, 201);
    assert_eq!(shop.payments().charges_for("key-1"), 2);
}

#[tokio::test]
async fn payments_that_stay_down_are_asked_three_times() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos, None).await;
    let down = chaos
        .inject(calls(), Fault::error(Failure::Unavailable))
        .unwrap();
    assert_eq!(shop.checkout("key-1").await.status, 503);
    assert_eq!(down.injected(), 3);
}

#[tokio::test]
async fn without_a_bound_they_are_asked_for_ever() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos, Bug::UnboundedRetry).await;
    let down = chaos
        .inject(calls(), Fault::error(Failure::Unavailable))
        .unwrap();
    tokio::select! {
        reply = shop.checkout("key-1") => panic!("it was given up: {reply:?}"),
        asked = down.wait_for(5) => asked.unwrap(),
    }
}

/// Both of a checkout's commits, whether they happened or not: one that did is found, and not made again.
#[tokio::test]
async fn a_commit_that_fails_is_made_again_and_counts_once() {
    let cases = [
        (Phase::Before, Pattern::burst(1, 1).unwrap()),
        (Phase::After, Pattern::first(2)),
    ];
    for (phase, pattern) in cases {
        for fault in [Fault::error(Failure::Deadlock), Fault::reset()] {
            let chaos = ChaosManager::new();
            let shop = shop(&chaos, None).await;
            let experiment = Experiment::new("lost commits")
                .fault(fault)
                .blast_radius(commits())
                .pattern(pattern.clone())
                .phase(phase);
            let lost = chaos.start(experiment).unwrap();
            assert_eq!(shop.checkout("key-1").await.status, 201);
            assert_eq!(lost.injected(), 2);
            assert_eq!(shop.payments().charges_for("key-1"), 1);
            assert!(shop.order("key-1").await.body.contains("paid"));
        }
    }
}

#[tokio::test]
async fn a_commit_that_is_swallowed_leaves_an_order_that_nobody_knows_to_be_paid() {
    let chaos = ChaosManager::new();
    let shop = shop(&chaos, Bug::SwallowedCommit).await;
    let experiment = Experiment::new("the second commit fails")
        .fault(Fault::reset())
        .blast_radius(commits())
        .pattern(Pattern::after(1));
    let _failing = chaos.start(experiment).unwrap();
    assert_eq!(shop.checkout("key-1").await.status, 201);
    assert!(shop.order("key-1").await.body.contains("pending"));
}
