//! Undos that hang on every cleanup thread end everything, as no further undo would run.

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chaos_core::{BlastRadius, ChaosManager, EndReason, Experiment, Failure, Fault};

/// A bound against hanging, which judges no speed.
const FOREVER: Duration = Duration::from_secs(60);

/// The most threads that run undos.
const THREADS: usize = 5;

fn failing(name: &str) -> Experiment {
    Experiment::new(name)
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(BlastRadius::points_at("pms"))
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < FOREVER, "timed out: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn undos_that_hang_on_every_thread_halt_everything_and_refuse_starts_until_one_returns() {
    let chaos = ChaosManager::new();
    let lasting = chaos.start(failing("lasting")).unwrap();
    let (release, until) = channel::<()>();
    let until: Arc<Mutex<Receiver<()>>> = Arc::new(Mutex::new(until));
    let (begin, has_begun) = channel();
    let hanging: Vec<_> = (0..THREADS)
        .map(|nth| {
            let limit = Duration::from_millis(1);
            let guard = chaos
                .start(failing(&format!("hanging {nth}")).time_limit(limit))
                .unwrap();
            let (begin, until) = (begin.clone(), Arc::clone(&until));
            guard.on_end(move || {
                begin.send(()).unwrap();
                let _ = until.lock().unwrap().recv();
            });
            has_begun
                .recv_timeout(FOREVER)
                .expect("another thread runs the undo");
            guard
        })
        .collect();

    wait_until("everything ends", || lasting.ended().is_some());
    assert_eq!(lasting.ended(), Some(&EndReason::Halted));
    // Another manager is not halted, but its undos would not run.
    let another = ChaosManager::new();
    let refused = another.start(failing("refused")).unwrap_err().to_string();
    assert!(
        refused.contains("undos of earlier experiments hang"),
        "{refused}"
    );

    drop(release);
    wait_until("starts are possible again", || {
        another.start(failing("later")).is_ok()
    });
    drop(hanging);
}
