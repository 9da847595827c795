//! Tests that run in parallel in one process share only two threads.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::time::Duration;

use chaos_core::{BlastRadius, ChaosManager, Event, Experiment, Failure, Fault, Rate, Scope, Site};

const TESTS: u64 = 200;
const REQUESTS: u64 = 50;

/// The failed requests of one test.
type Failed = BTreeSet<u64>;

/// Whether a test injects nothing and so must see no faults: every fourth one.
fn is_bystander(test: u64) -> bool {
    test.is_multiple_of(4)
}

fn name(test: u64) -> String {
    // Two tests share a name, so that only their seeds differ.
    format!("of test {}", test % 100)
}

/// One test with its own manager, faults and seed, but the same service as all others.
async fn test(number: u64, synchronize: impl Fn()) -> Failed {
    let chaos = ChaosManager::builder().seed(number).build();
    let pms = chaos.site("pms");
    let guard = (!is_bystander(number)).then(|| {
        let radius = BlastRadius::points_at("pms").rate(Rate::percent(50.0).unwrap());
        let experiment = Experiment::new(name(number))
            .fault(Fault::latency(Duration::from_micros(50)))
            .fault(Fault::error(Failure::Unavailable))
            .blast_radius(radius);
        chaos.start(experiment).unwrap()
    });
    // From here on, all tests run at the same time.
    synchronize();
    let mut failed = Failed::new();
    for request in 0..REQUESTS {
        if is_hit(&pms, number, request).await {
            failed.insert(request);
        }
    }
    let injected = guard
        .as_ref()
        .map_or(0, chaos_core::ExperimentGuard::injected);
    assert_eq!(injected, failed.len() as u64);
    for entry in chaos.journal() {
        if let Event::Injected(injected) = entry.event {
            assert_eq!(injected.experiment, name(number));
        }
    }
    // A halt in one test must not affect the others.
    if number.is_multiple_of(5) {
        chaos.halt();
        chaos.halted().await;
        assert!(!is_hit(&pms, number, 0).await);
    }
    synchronize();
    if let Some(guard) = &guard
        && !number.is_multiple_of(5)
    {
        assert_eq!(guard.ended(), None, "another test ended test {number}");
    }
    failed
}

async fn is_hit(site: &Site, test: u64, request: u64) -> bool {
    let scope = Scope::new(format!("request {request}"));
    match scope.enter(site.point("reserve")).await {
        Ok(()) => false,
        Err(fault) => {
            assert_eq!(fault.experiment(), name(test), "the fault of another test");
            true
        }
    }
}

fn run(number: u64, synchronize: impl Fn()) -> Failed {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(test(number, synchronize))
}

#[test]
fn two_hundred_tests_in_parallel_see_only_their_own_faults() {
    let alone: Vec<_> = (0..TESTS).map(|number| run(number, || {})).collect();
    let barrier = Barrier::new(TESTS as usize);
    let together: Vec<_> = std::thread::scope(|threads| {
        let tests: Vec<_> = (0..TESTS)
            .map(|number| {
                let barrier = &barrier;
                threads.spawn(move || {
                    run(number, || {
                        barrier.wait();
                    })
                })
            })
            .collect();
        tests.into_iter().map(|test| test.join().unwrap()).collect()
    });
    assert_eq!(together, alone, "each test draws as if it ran alone");
    for (number, failed) in (0..).zip(&together) {
        assert_eq!(failed.is_empty(), is_bystander(number), "test {number}");
    }
    let different: BTreeSet<_> = together.iter().collect();
    assert!(different.len() > 140, "each test has its own seed");
    #[cfg(target_os = "linux")]
    {
        // The threads of journals end once they have passed on the last entries.
        while chaos_threads().contains(&"chaos-journal".to_owned()) {
            std::thread::yield_now();
        }
        let known = [
            "chaos-cleanup",
            "chaos-guardian",
            "chaos-metrics",
            "chaos-timer",
        ];
        let mut threads = chaos_threads();
        threads.dedup();
        assert!(
            threads
                .iter()
                .all(|thread| known.contains(&thread.as_str())),
            "{threads:?}"
        );
    }
}

/// The sorted names of chaos threads in this process.
#[cfg(target_os = "linux")]
fn chaos_threads() -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir("/proc/self/task")
        .unwrap()
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok())
        .map(|name| name.trim().to_owned())
        .filter(|name| name.starts_with("chaos-"))
        .collect();
    names.sort_unstable();
    names
}
