//! Waits in real time for other threads, with a timeout, so that a defect fails a test instead of hanging it.

use std::time::{Duration, Instant};

use chaos_core::PressureGuard;

const TIMEOUT: Duration = Duration::from_secs(30);

/// Polls `condition` every millisecond until it holds.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < TIMEOUT, "timed out: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Stops a pressure and waits until everything is given back.
#[track_caller]
pub(crate) fn stop_and_wait(pressure: &PressureGuard) {
    pressure.stop();
    wait_until("everything is given back", || pressure.is_gone());
}
