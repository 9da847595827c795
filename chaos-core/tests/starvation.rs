//! Time limits and halt files take effect while every worker of the runtime is blocked.
//!
//! How late they are is measured by the benchmark `starvation`.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chaos_core::{BlastRadius, ChaosManager, Experiment, ExperimentGuard, Failure, Fault};

const WORKERS: usize = 2;
/// A bound against hanging, which judges no speed.
const FOREVER: Duration = Duration::from_secs(60);

/// Runs `watch` on this thread while every worker of a runtime is blocked.
fn starved<R>(watch: impl FnOnce() -> R) -> R {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .unwrap();
    let (blocked, is_blocked) = channel();
    let (release, until) = channel::<()>();
    let until = Arc::new(Mutex::new(until));
    for _ in 0..WORKERS {
        let (blocked, until) = (blocked.clone(), Arc::clone(&until));
        runtime.spawn(async move {
            blocked.send(()).unwrap();
            let _ = until.lock().unwrap().recv();
        });
    }
    for _ in 0..WORKERS {
        is_blocked.recv_timeout(FOREVER).unwrap();
    }
    let result = watch();
    drop(release);
    result
}

/// Starts experiments that report their end: an undo runs only once something has ended its experiment.
fn start(
    chaos: &ChaosManager,
    count: usize,
    limit: Duration,
) -> (Vec<ExperimentGuard>, Receiver<()>) {
    let (ended, ends): (Sender<()>, _) = channel();
    let guards = (0..count).map(|number| {
        let experiment = Experiment::new(format!("experiment {number}"))
            .fault(Fault::error(Failure::Unavailable))
            .blast_radius(BlastRadius::points_at(format!("service {number}")))
            .time_limit(limit);
        let guard = chaos.start(experiment).unwrap();
        let ended = ended.clone();
        guard.on_end(move || ended.send(()).unwrap());
        guard
    });
    (guards.collect(), ends)
}

fn wait_for(count: usize, ends: &Receiver<()>) {
    for _ in 0..count {
        ends.recv_timeout(FOREVER).unwrap();
    }
}

#[test]
fn time_limits_take_effect() {
    for count in [1, 1_000] {
        starved(|| {
            let chaos = ChaosManager::new();
            let (_guards, ends) = start(&chaos, count, Duration::from_millis(300));
            wait_for(count, &ends);
        });
    }
}

#[test]
fn a_halt_file_ends_a_thousand_experiments() {
    let path = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("{}-starved-halt", std::process::id()));
    let chaos = ChaosManager::builder().halt_file(&path).build();
    let (_guards, ends) = start(&chaos, 1_000, 10 * FOREVER);
    starved(|| {
        std::fs::write(&path, "").unwrap();
        wait_for(1_000, &ends);
    });
    std::fs::remove_file(&path).unwrap();
}
