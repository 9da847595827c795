//! The same service on a Postgres server, where the environment says that there is one.

use std::io::{Write as _, stdout};

use chaos_sqlx::{BlastRadius, ChaosManager, Experiment, Failure, Fault, Pattern, Phase};
use storefront::{Settings, Storefront};

#[tokio::test]
async fn commits_that_fail_or_seem_to_are_made_once() {
    let Ok(url) = std::env::var("CHAOS_TEST_POSTGRES_URL") else {
        let _ = writeln!(stdout(), "CHAOS_TEST_POSTGRES_URL is not set: left out");
        return;
    };
    let chaos = ChaosManager::new();
    let settings = Settings {
        postgres: Some(url),
        ..Settings::default()
    };
    let shop = Storefront::start(&chaos, settings).await.unwrap();
    // The tables are there from one run to the next.
    let run = std::process::id();
    let failures = [
        Failure::Deadlock,
        Failure::SerializationConflict,
        Failure::Reset,
    ];
    for (number, failure) in failures.into_iter().enumerate() {
        // One commit that happened is found, and not made again.
        let both = Pattern::burst(1, 1).unwrap();
        for (phase, pattern) in [(Phase::Before, both), (Phase::After, Pattern::first(2))] {
            let commits = BlastRadius::queries_on("orders-db").operation("COMMIT");
            let experiment = Experiment::new("lost commits")
                .fault(Fault::error(failure))
                .blast_radius(commits)
                .pattern(pattern)
                .phase(phase);
            let lost = chaos.start(experiment).unwrap();
            let key = format!("{run}-{number}-{phase}");
            assert_eq!(shop.checkout(&key).await.status, 201, "{failure} {phase}");
            assert_eq!(lost.injected(), 2);
            assert!(shop.order(&key).await.body.contains("paid"));
            assert_eq!(shop.payments().charges_for(&key), 1);
        }
    }
    assert!(shop.browse().await.body.contains("table"));
    assert_eq!(shop.health().await.status, 200);
}
