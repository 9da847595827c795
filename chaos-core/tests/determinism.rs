//! The same seed and keys give the same faults under every interleaving.

use std::collections::BTreeSet;
use std::sync::Mutex;

use chaos_core::adapter::Support;
use chaos_core::{
    BlastRadius, ChaosManager, ExperimentGuard, Failure, Fault, Operation, Phase, Rate, Scope,
    Site, SiteKind,
};

const OPERATIONS: usize = 100_000;
const THREADS: usize = 8;

fn failing(chaos: &ChaosManager, percent: f64) -> (Site, ExperimentGuard) {
    let site = chaos.site("pms");
    let radius = BlastRadius::points_at("pms").rate(Rate::percent(percent).unwrap());
    let guard = chaos
        .inject(radius, Fault::error(Failure::Unavailable))
        .unwrap();
    (site, guard)
}

fn is_hit(site: &Site, scope: &Scope, operation: &str) -> bool {
    !site
        .decide(&Operation::new(operation).within(scope))
        .is_none()
}

/// The keys that are hit when `keys` are tried in order.
fn hits(site: &Site, keys: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
    keys.into_iter()
        .filter(|key| is_hit(site, &Scope::new(format!("request {key}")), "reserve"))
        .collect()
}

/// A fixed shuffle: a step that is coprime to the length visits every key once.
fn shuffled(start: usize) -> impl Iterator<Item = usize> {
    (0..OPERATIONS).map(move |at| (start + at * 70_001) % OPERATIONS)
}

#[test]
fn sites_of_another_service_or_kind_draw_independently() {
    let chaos = ChaosManager::new();
    let radius = BlastRadius::services(["pms", "crm"]).rate(Rate::percent(50.0).unwrap());
    let _guard = chaos
        .inject(radius, Fault::error(Failure::Unavailable))
        .unwrap();
    let sites = [
        chaos.site("pms"),
        chaos.site("crm"),
        chaos.register(SiteKind::Database, "pms", Support::CALLS),
    ];
    let [point, other, database] = sites.map(|site| hits(&site, 0..1_000));
    for another in [other, database] {
        let both = point.intersection(&another).count();
        assert!((150..350).contains(&both), "{both} of 1,000");
    }
}

#[test]
fn eight_threads_in_any_order_inject_the_same_faults_as_one_thread() {
    let chaos = ChaosManager::new();
    let (site, _guard) = failing(&chaos, 10.0);
    let alone = hits(&site, 0..OPERATIONS);
    assert!((9_000..11_000).contains(&alone.len()), "{}", alone.len());

    let together = ChaosManager::new();
    let (_site, _guard) = failing(&together, 10.0);
    let seen = Mutex::new(Vec::new());
    std::thread::scope(|threads| {
        for thread in 0..THREADS {
            let (chaos, seen) = (together.clone(), &seen);
            threads.spawn(move || {
                let hits = hits(&chaos.site("pms"), shuffled(thread * 12_345));
                seen.lock().unwrap().push(hits);
            });
        }
    });
    for hits in seen.into_inner().unwrap() {
        assert_eq!(hits, alone);
    }
}

#[tokio::test]
async fn every_decided_fault_is_injected() {
    let chaos = ChaosManager::new();
    let (site, guard) = failing(&chaos, 10.0);
    let mut failed = 0;
    for key in 0..10_000 {
        let scope = Scope::new(format!("request {key}"));
        let mut decision = site.decide(&Operation::new("reserve").within(&scope));
        failed += u64::from(decision.apply(Phase::Before).await.is_err());
    }
    assert_eq!(guard.injected(), failed);
    assert!(failed > 0);
}

#[test]
fn a_retry_has_a_new_draw() {
    let chaos = ChaosManager::new();
    let (site, _guard) = failing(&chaos, 50.0);
    let (mut both, mut first) = (0, 0);
    for key in 0..10_000 {
        let scope = Scope::new(format!("request {key}"));
        if is_hit(&site, &scope, "reserve") {
            first += 1;
            both += u32::from(is_hit(&site, &scope.retry(), "reserve"));
        }
    }
    // Half of the retries of hit operations are hit again: neither all (no new draw) nor none.
    let share = f64::from(both) / f64::from(first);
    assert!((0.46..0.54).contains(&share), "{share}");
}

#[test]
fn another_seed_experiment_or_operation_gives_other_faults() {
    let chaos = ChaosManager::new();
    let (site, guard) = failing(&chaos, 50.0);
    let alone = hits(&site, 0..10_000);
    drop(guard);

    let reseeded = ChaosManager::builder().seed(1).build();
    let (other, _guard) = failing(&reseeded, 50.0);
    let by_seed = hits(&other, 0..10_000);

    let radius = BlastRadius::points_at("pms").rate(Rate::percent(50.0).unwrap());
    let renamed = chaos_core::Experiment::new("renamed")
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(radius);
    let _guard = chaos.start(renamed).unwrap();
    let by_name = hits(&site, 0..10_000);
    let by_operation: BTreeSet<usize> = (0..10_000)
        .filter(|key| is_hit(&site, &Scope::new(format!("request {key}")), "cancel"))
        .collect();

    for (what, hits) in [("seed", &by_seed), ("experiment", &by_name)] {
        let common = alone.intersection(hits).count();
        assert!(
            (2_300..2_700).contains(&common),
            "{what}: {common} in common"
        );
    }
    let common = by_name.intersection(&by_operation).count();
    assert!(
        (2_300..2_700).contains(&common),
        "operation: {common} in common"
    );
}

#[test]
fn without_keys_the_order_of_arrival_determines_the_faults() {
    let run = || {
        let chaos = ChaosManager::new();
        let (site, _guard) = failing(&chaos, 30.0);
        (0..1_000)
            .map(|_| site.decide(&Operation::new("reserve")).is_none())
            .collect::<Vec<_>>()
    };
    let first = run();
    assert_eq!(first, run());
    assert!(first.iter().any(|none| *none) && first.iter().any(|none| !none));
}

/// A chi-square test of the hits in blocks against the rate, for keyed draws and for a sequence.
#[test]
fn rates_are_unbiased_over_a_million_draws() {
    const BLOCKS: usize = 100;
    const DRAWS: usize = 1_000_000;
    for percent in [0.1, 1.0, 10.0, 50.0, 99.0] {
        let chaos = ChaosManager::new();
        let (site, _guard) = failing(&chaos, percent);
        for keyed in [true, false] {
            let mut blocks = [0_u32; BLOCKS];
            for draw in 0..DRAWS {
                let hit = if keyed {
                    is_hit(&site, &Scope::new(draw.to_string()), "reserve")
                } else {
                    !site.decide(&Operation::new("reserve")).is_none()
                };
                blocks[draw % BLOCKS] += u32::from(hit);
            }
            let rate = percent / 100.0;
            let (expected, variance) = (
                (DRAWS / BLOCKS) as f64 * rate,
                (DRAWS / BLOCKS) as f64 * rate * (1.0 - rate),
            );
            let chi_square: f64 = blocks
                .iter()
                .map(|hits| (f64::from(*hits) - expected).powi(2) / variance)
                .sum();
            // 100 degrees of freedom: the middle 99.9 % of the distribution.
            assert!(
                (60.0..=155.0).contains(&chi_square),
                "{percent} %, keyed {keyed}: {chi_square}"
            );
        }
    }
}
