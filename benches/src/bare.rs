//! A thread that only sleeps, beside what is measured: what it is late by is the machine's doing.

use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A thread that sleeps until an instant, and notes when it woke up.
pub(crate) struct BareThread(JoinHandle<Instant>);

impl BareThread {
    /// Starts it; what is held up later may keep threads from starting.
    pub(crate) fn sleeping_until(instant: Instant) -> Self {
        Self(std::thread::spawn(move || {
            std::thread::sleep(instant.saturating_duration_since(Instant::now()));
            Instant::now()
        }))
    }

    /// Waits for it, and returns how long after an instant it woke up.
    pub(crate) fn lateness_after(self, due: Instant) -> Duration {
        let woke = self.0.join().expect("it only sleeps");
        woke.saturating_duration_since(due)
    }
}
