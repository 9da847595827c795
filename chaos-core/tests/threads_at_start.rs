//! The threads that the end of an experiment needs start with it: by then, no thread may start.
#![cfg(target_os = "linux")]

use std::time::{Duration, Instant};

use chaos_core::{BlastRadius, ChaosManager, Failure, Fault};

fn has_thread(name: &str) -> bool {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    threads.flatten().any(|thread| {
        let found = std::fs::read_to_string(thread.path().join("comm"));
        found.is_ok_and(|found| found.trim() == name)
    })
}

#[test]
fn a_start_starts_the_threads_that_its_end_needs() {
    let chaos = ChaosManager::new();
    let failing = Fault::error(Failure::Unavailable);
    let _guard = chaos
        .inject(BlastRadius::points_at("pms"), failing)
        .unwrap();
    // A bound against hanging, which judges no speed: a thread sets its name once it runs.
    let deadline = Instant::now() + Duration::from_secs(60);
    for name in ["chaos-cleanup", "chaos-metrics"] {
        while !has_thread(name) {
            assert!(Instant::now() < deadline, "no {name}");
            std::thread::yield_now();
        }
    }
}
