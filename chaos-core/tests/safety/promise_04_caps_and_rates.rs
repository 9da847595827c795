//! 4. Caps are never exceeded, under any contention; rate and instance share are unbiased.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use chaos_core::adapter::Point;
use chaos_core::{
    BlastRadius, ChaosManager, Experiment, Failure, Fault, Operation, Rate, Scope, Site,
};

use crate::asking::{REAL, call, poll};
use crate::experiments::{HOUR, PMS};

fn within(fault: Fault, radius: BlastRadius) -> Experiment {
    Experiment::new("bounded").fault(fault).blast_radius(radius)
}

fn failure() -> Fault {
    Fault::error(Failure::Unavailable)
}

#[test]
fn sixteen_threads_use_up_a_total_cap_exactly() {
    for _ in 0..20 {
        let chaos = ChaosManager::new();
        let radius = BlastRadius::points_at(PMS).at_most(100);
        let guard = chaos.start(within(failure(), radius)).unwrap();
        let failed = AtomicU64::new(0);
        std::thread::scope(|threads| {
            for _ in 0..16 {
                let (pms, failed) = (chaos.site(PMS), &failed);
                threads.spawn(move || {
                    for _ in 0..100 {
                        let hit = pms.point_blocking("reserve").is_err();
                        failed.fetch_add(u64::from(hit), Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(failed.into_inner(), 100);
        assert_eq!(guard.injected(), 100);
    }
}

#[test]
fn only_one_of_two_racing_threads_gets_the_last_slot() {
    const ROUNDS: usize = 3_000;
    let rounds: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let chaos = ChaosManager::new();
            let pms = chaos.site(PMS);
            let radius = BlastRadius::points_at(PMS).at_most(1);
            let guard = chaos.start(within(failure(), radius)).unwrap();
            // Decided on beforehand, so that the threads race only at the gate.
            let points = [pms.point("reserve"), pms.point("reserve")];
            (points, guard, chaos)
        })
        .collect();
    let (mut left, mut right, mut guards) = (Vec::new(), Vec::new(), Vec::new());
    for ([one, other], guard, chaos) in rounds {
        left.push(one);
        right.push(other);
        guards.push((guard, chaos));
    }
    let arrived = AtomicUsize::new(0);
    let race = |points: Vec<Point>| {
        for (round, point) in points.into_iter().enumerate() {
            arrived.fetch_add(1, Ordering::AcqRel);
            let mut spins = 0_u32;
            while arrived.load(Ordering::Acquire) < 2 * (round + 1) {
                spins += 1;
                if spins.is_multiple_of(10_000) {
                    std::thread::yield_now();
                }
            }
            let _ = poll(pin!(point));
        }
    };
    std::thread::scope(|threads| {
        threads.spawn(|| race(left));
        threads.spawn(|| race(right));
    });
    for (guard, _chaos) in &guards {
        assert_eq!(guard.injected(), 1);
    }
}

#[tokio::test]
async fn a_cap_counts_applied_faults_instead_of_decisions() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let radius = BlastRadius::points_at(PMS).at_most(3);
    let guard = chaos.start(within(failure(), radius)).unwrap();
    let decided: Vec<_> = (0..10).map(|_| pms.point("reserve")).collect();
    let mut failed = 0;
    for point in decided {
        failed += u32::from(point.await.is_err());
    }
    assert_eq!((failed, guard.injected()), (3, 3));
}

#[tokio::test]
async fn a_concurrent_cap_of_five_holds_five_of_two_hundred_calls() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let radius = BlastRadius::points_at(PMS).concurrent(5);
    let guard = chaos.start(within(Fault::timeout(HOUR), radius)).unwrap();
    // All are decided on before any is applied.
    let mut calls: Vec<_> = (0..200)
        .map(|_| Box::pin(pms.around("reserve", async { Ok::<_, std::io::Error>(REAL) })))
        .collect();
    calls.retain_mut(|call| poll(call.as_mut()).is_pending());
    assert_eq!(
        (calls.len(), guard.in_flight(), guard.injected()),
        (5, 5, 5)
    );
    calls.pop();
    assert_eq!(guard.in_flight(), 4);
    let mut next = pin!(call(&pms));
    assert!(poll(next.as_mut()).is_pending(), "the slot is free again");
    assert_eq!(guard.in_flight(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_concurrent_cap_is_never_exceeded_under_load() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let radius = BlastRadius::points_at(PMS).concurrent(5);
    let fault = Fault::latency(Duration::from_millis(2));
    let guard = chaos.start(within(fault, radius)).unwrap();
    let (most, guard) = (Arc::new(AtomicU64::new(0)), Arc::new(guard));
    let tasks: Vec<_> = (0..200)
        .map(|_| {
            let (pms, most, guard) = (pms.clone(), Arc::clone(&most), Arc::clone(&guard));
            tokio::spawn(async move {
                for _ in 0..5 {
                    let mut call = pin!(call(&pms));
                    // A call that is admitted counts at least until it is polled again.
                    let first = poll(call.as_mut());
                    most.fetch_max(guard.in_flight(), Ordering::Relaxed);
                    if first.is_pending() {
                        let _ = call.await;
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let most = most.load(Ordering::Relaxed);
    assert!((1..=5).contains(&most), "{most}");
    assert_eq!(guard.in_flight(), 0);
}

fn is_hit(site: &Site, key: u32) -> bool {
    let scope = Scope::new(format!("request {key}"));
    !site
        .decide(&Operation::new("reserve").within(&scope))
        .is_none()
}

#[test]
fn rates_are_unbiased() {
    const OPERATIONS: u32 = 20_000;
    for percent in [1.0, 10.0, 50.0, 90.0] {
        let chaos = ChaosManager::new();
        let pms = chaos.site(PMS);
        let radius = BlastRadius::points_at(PMS).rate(Rate::percent(percent).unwrap());
        let _guard = chaos.start(within(failure(), radius)).unwrap();
        let hits = (0..OPERATIONS).filter(|key| is_hit(&pms, *key)).count();
        assert_near(hits, OPERATIONS, percent / 100.0);
    }
}

#[test]
fn the_share_of_instances_is_unbiased_and_stable() {
    const EXPERIMENTS: u32 = 1_000;
    const INSTANCES: u32 = 10;
    let reached = |instance: u32, seed: u64| -> Vec<bool> {
        let chaos = ChaosManager::builder()
            .instance(format!("orders-{instance}"))
            .seed(seed)
            .build();
        let pms = chaos.site(PMS);
        (0..EXPERIMENTS)
            .map(|number| {
                let radius =
                    BlastRadius::points_at(PMS).share_of_instances(Rate::percent(10.0).unwrap());
                let experiment = Experiment::new(format!("experiment {number}"))
                    .fault(failure())
                    .blast_radius(radius);
                let _guard = chaos.start(experiment).unwrap();
                let first = is_hit(&pms, 0);
                assert_eq!(first, is_hit(&pms, 1), "all operations or none");
                first
            })
            .collect()
    };
    let by_instance: Vec<_> = (0..INSTANCES).map(|nth| reached(nth, 0)).collect();
    let hits = by_instance.iter().flatten().filter(|hit| **hit).count();
    assert_near(hits, EXPERIMENTS * INSTANCES, 0.1);
    assert_eq!(
        by_instance[3],
        reached(3, 7),
        "the share is independent of the seed"
    );
    assert_ne!(by_instance[3], by_instance[4]);
}

/// Asserts a deviation of less than four sigma from the binomial distribution; the fixed seed prevents flakiness.
fn assert_near(hits: usize, of: u32, share: f64) {
    let expected = f64::from(of) * share;
    let deviation = (expected * (1.0 - share)).sqrt();
    let off = (hits as f64 - expected) / deviation;
    assert!(off.abs() < 4.0, "{hits} of {of} at {share}: {off} sigma");
}
