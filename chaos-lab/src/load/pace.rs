//! The pace of the load: a thread that wakes at the instant of each request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A thread that calls at fixed instants, until it is dropped.
///
/// The timer of tokio wakes up to a millisecond late, which is too late for what the lab measures.
pub(super) struct Pace {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Pace {
    /// Calls `due` with each number from 0 on and its instant, however long the calls take.
    pub(super) fn start(
        per_second: u32,
        start: Instant,
        mut due: impl FnMut(u64, Instant) + Send + 'static,
    ) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::Builder::new()
            .name("chaos-load".to_owned())
            .spawn(move || {
                for number in 0.. {
                    let at = start + offset(number, per_second);
                    thread::sleep(at.saturating_duration_since(Instant::now()));
                    if stopped.load(Ordering::Relaxed) {
                        return;
                    }
                    due(number, at);
                }
            })?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }
}

/// The offset of a request from the start, without an error that adds up.
fn offset(number: u64, per_second: u32) -> Duration {
    let per_second = u64::from(per_second);
    let nanos = (number % per_second) * 1_000_000_000 / per_second;
    Duration::from_secs(number / per_second) + Duration::from_nanos(nanos)
}

impl Drop for Pace {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic of the callee has ended the pace, and is reported where it happened.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_error_adds_up() {
        assert_eq!(offset(0, 7), Duration::ZERO);
        assert_eq!(offset(7, 7), Duration::from_secs(1));
        assert_eq!(
            offset(7_000_001, 7),
            Duration::from_nanos(1_000_000_142_857_142)
        );
    }
}
