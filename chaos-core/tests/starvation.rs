//! Time limits and halt files take effect on time while every worker of the runtime is blocked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chaos_core::{
    BlastRadius, ChaosManager, EndReason, Experiment, ExperimentGuard, Failure, Fault,
};

const WORKERS: usize = 2;
const LIMIT: Duration = Duration::from_millis(1_000);
/// A generous bound for machines under load; the benchmark `starvation` measures the actual lateness.
const LATE: Duration = Duration::from_millis(500);
const BOUND: Duration = Duration::from_secs(10);

/// Runs `watch` on this thread while every worker of a runtime is blocked.
fn starved<R>(watch: impl FnOnce() -> R) -> R {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .unwrap();
    let (released, blocked) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    for _ in 0..WORKERS {
        let (released, blocked) = (Arc::clone(&released), Arc::clone(&blocked));
        runtime.spawn(async move {
            blocked.fetch_add(1, Ordering::AcqRel);
            while !released.load(Ordering::Acquire) {
                std::thread::sleep(Duration::from_millis(1));
            }
        });
    }
    let bound = Instant::now() + BOUND;
    while blocked.load(Ordering::Acquire) < WORKERS {
        assert!(Instant::now() < bound, "the workers are not blocked");
        std::thread::yield_now();
    }
    let result = watch();
    released.store(true, Ordering::Release);
    result
}

fn experiment(number: usize) -> Experiment {
    Experiment::new(format!("experiment {number}"))
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(BlastRadius::points_at(format!("service {number}")))
        .time_limit(LIMIT)
}

/// The time at which each experiment ended, polled every millisecond.
fn ends_of(guards: &[ExperimentGuard], reason: &EndReason) -> Vec<Instant> {
    let mut ends = vec![None; guards.len()];
    let bound = Instant::now() + BOUND;
    while ends.iter().any(Option::is_none) {
        let now = Instant::now();
        assert!(now < bound, "some experiments have not ended");
        for (guard, end) in guards.iter().zip(&mut ends) {
            if end.is_none() && guard.ended() == Some(reason) {
                *end = Some(Instant::now());
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    ends.into_iter().flatten().collect()
}

/// The sorted lateness of the ends of `count` experiments.
fn lateness_of(count: usize) -> Vec<Duration> {
    let chaos = ChaosManager::new();
    let (guards, due): (Vec<_>, Vec<_>) = (0..count)
        .map(|number| {
            let guard = chaos.start(experiment(number)).unwrap();
            (guard, Instant::now() + LIMIT)
        })
        .unzip();
    let ends = starved(|| ends_of(&guards, &EndReason::TimeLimit));
    let mut late: Vec<_> = ends
        .iter()
        .zip(&due)
        .map(|(end, due)| end.saturating_duration_since(*due))
        .collect();
    late.sort_unstable();
    late
}

#[test]
fn a_time_limit_takes_effect_on_time() {
    let late = lateness_of(1);
    assert!(late[0] <= LATE, "late by {late:?}");
}

#[test]
fn a_thousand_time_limits_take_effect_on_time() {
    let late = lateness_of(1_000);
    let (median, worst) = (late[500], late[999]);
    assert!(worst <= LATE, "median {median:?}, worst {worst:?}");
}

#[test]
fn a_halt_file_ends_a_thousand_experiments_on_time() {
    let path = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("{}-starved-halt", std::process::id()));
    let chaos = ChaosManager::builder().halt_file(&path).build();
    let guards: Vec<_> = (0..1_000)
        .map(|number| {
            let experiment = experiment(number).time_limit(2 * BOUND);
            chaos.start(experiment).unwrap()
        })
        .collect();
    let (created, ends) = starved(|| {
        std::fs::write(&path, "").unwrap();
        (Instant::now(), ends_of(&guards, &EndReason::Halted))
    });
    std::fs::remove_file(&path).unwrap();
    let worst = ends
        .iter()
        .map(|end| end.saturating_duration_since(created))
        .max()
        .unwrap();
    assert!(worst <= LATE, "the last one ended {worst:?} after the file");
}
