//! The progress of a long search, on standard error.

use std::time::{Duration, Instant};

/// The interval between two lines.
const INTERVAL: Duration = Duration::from_secs(5);

/// Prints a line at a fixed interval.
pub(crate) struct Progress {
    started: Instant,
    last_line: Instant,
}

impl Progress {
    pub(crate) fn new(started: Instant) -> Self {
        Self {
            started,
            last_line: started,
        }
    }

    /// Prints a line if the interval has passed.
    #[allow(
        clippy::print_stderr,
        reason = "progress is meant for the terminal, not for a log"
    )]
    pub(crate) fn print(&mut self, runs: usize, findings: usize) {
        if self.last_line.elapsed() >= INTERVAL {
            self.last_line = Instant::now();
            let elapsed = self.started.elapsed().as_secs();
            eprintln!("exploring: {runs} runs, {findings} findings, {elapsed} s");
        }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}
