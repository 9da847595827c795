//! A halt from outside works under every kind of pressure.

use std::path::PathBuf;
use std::time::Duration;

use chaos_core::{
    BlastRadius, ChaosManager, Consent, EndReason, Experiment, ExperimentGuard, Fault, Pressure,
    Rate,
};

use crate::child;
use crate::patience::wait_until;

fn percent(percent: f64) -> Rate {
    Rate::percent(percent).unwrap()
}

fn experiment(number: usize, pressure: Pressure) -> Experiment {
    Experiment::new(format!("pressure {number}"))
        .fault(Fault::exhaust(pressure))
        .blast_radius(BlastRadius::everything(Consent::because("a test")))
}

fn is_reached(guard: &ExperimentGuard) -> bool {
    let levels = guard.pressure();
    assert_eq!(guard.ended(), None);
    levels
        .iter()
        .all(|level| level.achieved >= level.requested * 0.4)
}

/// Starts all of these at once, halts from outside, and waits until all is given back.
fn halts(name: &str, pressures: Vec<Pressure>) {
    let path =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
    let chaos = ChaosManager::builder().halt_file(&path).build();
    let guards: Vec<_> = pressures
        .into_iter()
        .enumerate()
        .map(|(number, pressure)| chaos.start(experiment(number, pressure)).unwrap())
        .collect();
    wait_until("they are on", || guards.iter().all(is_reached));
    // A directory is as good as a file, and can be made without a descriptor.
    std::fs::create_dir(&path).unwrap();
    wait_until("all have ended", || {
        guards
            .iter()
            .all(|guard| guard.ended() == Some(&EndReason::Halted))
    });
    let end = tokio::runtime::Builder::new_current_thread;
    wait_until("all is given back", || {
        guards
            .iter()
            .all(|guard| guard.pressure().iter().all(|level| level.achieved == 0.0))
    });
    end().build().unwrap().block_on(chaos.halted());
    std::fs::remove_dir(&path).unwrap();
}

#[test]
fn while_nothing_can_be_opened() {
    child::passes("halt_file::without_descriptors");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn without_descriptors() {
    assert!(child::plays("halt_file::without_descriptors"));
    halts("descriptors", vec![Pressure::descriptors(percent(100.0))]);
}

#[test]
fn while_no_worker_of_the_runtime_is_free() {
    child::passes("halt_file::without_workers");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn without_workers() {
    assert!(child::plays("halt_file::without_workers"));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(2)
        .build()
        .unwrap();
    let _inside = runtime.enter();
    let long = Duration::from_secs(1_000);
    halts(
        "workers",
        vec![
            Pressure::runtime_workers(2, long),
            Pressure::blocking_pool(2),
        ],
    );
}

#[test]
fn while_everything_else_is_scarce() {
    child::passes("halt_file::without_the_rest");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn without_the_rest() {
    assert!(child::plays("halt_file::without_the_rest"));
    let place = env!("CARGO_TARGET_TMPDIR");
    halts(
        "rest",
        vec![
            Pressure::cpu(2, percent(20.0)),
            Pressure::memory(64 << 20),
            Pressure::leak(200 << 20, 64 << 20),
            Pressure::threads(50),
            Pressure::disk_io(1, 100_000)
                .directory(place)
                .reserve(Rate::NEVER),
            Pressure::disk_fill(16 << 20)
                .directory(place)
                .reserve(Rate::NEVER),
            Pressure::clock_ahead(Duration::from_secs(60)),
        ],
    );
}
