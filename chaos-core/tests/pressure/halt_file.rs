//! A halt file works under every kind of pressure.

use std::path::PathBuf;
use std::time::Duration;

use chaos_core::{
    BlastRadius, ChaosManager, Consent, EndReason, Experiment, ExperimentGuard, Fault, Pressure,
    Rate,
};

use crate::child;
use crate::wait::wait_until;

fn percent(percent: f64) -> Rate {
    Rate::percent(percent).unwrap()
}

fn experiment(number: usize, pressure: Pressure) -> Experiment {
    Experiment::new(format!("pressure {number}"))
        .fault(Fault::exhaust(pressure))
        .blast_radius(BlastRadius::everything(Consent::by("a test").unwrap()))
}

fn is_reached(guard: &ExperimentGuard) -> bool {
    let levels = guard.pressure();
    assert_eq!(guard.ended(), None);
    levels
        .iter()
        .all(|level| level.achieved >= level.requested * 0.4)
}

/// Starts all pressures at once, creates the halt file, and waits until everything is given back.
fn assert_halts(name: &str, pressures: Vec<Pressure>) {
    let path =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
    let chaos = ChaosManager::builder().halt_file(&path).build();
    let guards: Vec<_> = pressures
        .into_iter()
        .enumerate()
        .map(|(number, pressure)| chaos.start(experiment(number, pressure)).unwrap())
        .collect();
    wait_until("they are reached", || guards.iter().all(is_reached));
    // A directory works as well as a file, and creating it needs no descriptor.
    std::fs::create_dir(&path).unwrap();
    wait_until("all have ended", || {
        guards
            .iter()
            .all(|guard| guard.ended() == Some(&EndReason::Halted))
    });
    wait_until("everything is given back", || {
        guards
            .iter()
            .all(|guard| guard.pressure().iter().all(|level| level.achieved == 0.0))
    });
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(chaos.halted());
    std::fs::remove_dir(&path).unwrap();
}

#[test]
fn a_halt_file_works_without_free_descriptors() {
    child::isolated(|| {
        assert_halts("descriptors", vec![Pressure::descriptors(percent(100.0))]);
    });
}

#[test]
fn a_halt_file_works_without_free_runtime_threads() {
    child::isolated(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(2)
            .build()
            .unwrap();
        let _inside = runtime.enter();
        let long = Duration::from_secs(1_000);
        assert_halts(
            "workers",
            vec![
                Pressure::runtime_workers(2, long),
                Pressure::blocking_pool(2),
            ],
        );
    });
}

#[test]
fn a_halt_file_works_under_all_other_pressures() {
    child::isolated(|| {
        let directory = env!("CARGO_TARGET_TMPDIR");
        assert_halts(
            "rest",
            vec![
                Pressure::cpu(2, percent(20.0)),
                Pressure::memory(64 << 20),
                Pressure::leak(200 << 20, 64 << 20),
                Pressure::threads(50),
                Pressure::disk_io(1, 100_000)
                    .directory(directory)
                    .reserve(Rate::NEVER),
                Pressure::disk_fill(16 << 20)
                    .directory(directory)
                    .reserve(Rate::NEVER)
                    .consent(Consent::by("a test").unwrap()),
                Pressure::clock_ahead(Duration::from_secs(60)),
            ],
        );
    });
}
