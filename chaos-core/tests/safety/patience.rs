//! Bounded waits in real time for other threads, so that a broken promise fails instead of hanging.

use std::time::{Duration, Instant};

/// A bound against hanging, which judges no speed.
const BOUND: Duration = Duration::from_secs(60);

/// Returns once `done` returns true; polls every millisecond.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < BOUND, "timed out: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}
