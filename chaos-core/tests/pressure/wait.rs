//! Waiting, in real time, for what another thread does: bounded, so that a broken promise fails rather than hangs.

use std::time::{Duration, Instant};

const BOUND: Duration = Duration::from_secs(30);

/// Returns once `done` says so; looks every millisecond.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < BOUND, "still not so: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}
