//! 8. A dry run makes the same decisions and journals them, but applies none.

use std::time::Duration;

use chaos_core::journal::Injected;
use chaos_core::{
    BlastRadius, ChaosManager, ChaosManagerBuilder, Consent, Crash, Event, Experiment, Failure,
    Fault, Pattern, Phase, Rate, Scope,
};

use crate::asking::{REAL, call, gets_through};
use crate::experiments::{HOUR, PMS, failing, striking};

const REQUESTS: u32 = 2_000;

/// An experiment with a rate, a pattern and a cap.
fn limited() -> Experiment {
    failing("limited")
        .blast_radius(
            BlastRadius::points_at(PMS)
                .rate(Rate::percent(30.0).unwrap())
                .at_most(150),
        )
        .pattern(Pattern::every(3).unwrap().skip(7))
}

/// The keys of failed requests, the journalled injections, and the number of injections.
async fn outcome_of(
    builder: ChaosManagerBuilder,
    experiment: Experiment,
) -> (Vec<String>, Vec<Injected>, u64) {
    let chaos = builder.seed(11).keep_entries(10_000).build();
    let pms = chaos.site(PMS);
    let guard = chaos.start(experiment).unwrap();
    let mut failed = Vec::new();
    for number in 0..REQUESTS {
        let scope = Scope::new(format!("request {number}"));
        if scope.enter(call(&pms)).await.is_err() {
            failed.push(scope.key().to_owned());
        }
    }
    (failed, injections(&chaos), guard.injected())
}

fn injections(chaos: &ChaosManager) -> Vec<Injected> {
    chaos
        .journal()
        .into_iter()
        .filter_map(|entry| match entry.event {
            Event::Injected(injected) => Some(injected),
            _ => None,
        })
        .collect()
}

fn keys(injections: &[Injected]) -> Vec<String> {
    let key = |injected: &Injected| injected.key.clone();
    injections.iter().filter_map(key).collect()
}

#[tokio::test]
async fn a_dry_run_decides_like_a_live_run_and_applies_nothing() {
    let (failed, live, injected) = outcome_of(ChaosManager::builder(), limited()).await;
    assert_eq!((failed.len(), injected), (150, 150), "the cap was reached");
    assert_eq!(failed, keys(&live));
    assert!(live.iter().all(|injected| !injected.dry_run));

    let by_experiment = outcome_of(ChaosManager::builder(), limited().dry_run()).await;
    let by_manager = outcome_of(ChaosManager::builder().dry_run(), limited()).await;
    for (failed, dry, injected) in [by_experiment, by_manager] {
        assert_eq!(failed, Vec::<String>::new());
        assert_eq!(injected, 150, "caps count the same");
        assert_eq!(keys(&dry), keys(&live));
        assert!(dry.iter().all(|injected| injected.dry_run));
    }
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_applies_no_fault_of_any_kind_in_any_phase() {
    let faults = [
        Fault::latency(HOUR),
        Fault::timeout(HOUR),
        Fault::error(Failure::Refused),
        Fault::Panic,
        Fault::crash(Crash::Abort),
    ];
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    for phase in [Phase::Before, Phase::After] {
        for fault in faults.clone() {
            let experiment = striking("dry", fault)
                .phase(phase)
                .consent_to_destruction(Consent::by("it is a dry run").unwrap())
                .allow_collateral()
                .dry_run();
            let guard = chaos.start(experiment).unwrap();
            let start = tokio::time::Instant::now();
            let scope = Scope::new("a request");
            assert_eq!(scope.enter(call(&pms)).await.unwrap(), REAL);
            assert!(start.elapsed().is_zero());
            assert!(!scope.was_touched(), "the request was touched");
            assert_eq!((guard.injected(), guard.in_flight()), (1, 0));
        }
    }
    assert_eq!(injections(&chaos).len(), 10);
}

#[tokio::test]
async fn status_and_journal_report_a_dry_run() {
    let chaos = ChaosManager::new();
    let _dry = chaos.start(failing("dry").dry_run()).unwrap();
    let _live = chaos.start(failing("live")).unwrap();
    let status = chaos.status();
    let is_dry = |name: &str| status.iter().find(|one| one.name == name).unwrap().dry_run;
    assert!(is_dry("dry") && !is_dry("live"));
    let started = |name: &str| {
        chaos.journal().into_iter().any(|entry| {
            matches!(entry.event, Event::Started { experiment, dry_run: true, .. } if experiment == name)
        })
    };
    assert!(started("dry") && !started("live"));
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_does_not_affect_a_live_experiment() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let dry = chaos.start(failing("a dry one").dry_run()).unwrap();
    let live = chaos.start(failing("b live one")).unwrap();
    assert!(!gets_through(&pms).await);
    assert_eq!((dry.injected(), live.injected()), (1, 1));
    drop(live);

    let second = Fault::latency(Duration::from_secs(1));
    let slow = chaos.start(striking("c live one", second)).unwrap();
    let start = tokio::time::Instant::now();
    assert!(gets_through(&pms).await);
    assert_eq!(start.elapsed(), Duration::from_secs(1));
    assert_eq!(slow.injected(), 1);
}

#[tokio::test]
async fn the_first_failure_also_wins_in_dry_runs() {
    for builder in [ChaosManager::builder(), ChaosManager::builder().dry_run()] {
        let chaos = builder.build();
        let pms = chaos.site(PMS);
        let first = chaos.start(failing("a")).unwrap();
        let second = chaos.start(failing("b")).unwrap();
        let _ = call(&pms).await;
        assert_eq!((first.injected(), second.injected()), (1, 0));
    }
}
