//! The pause after a load gave something back.

use std::time::{Duration, Instant};

/// The time without growth after something was given back.
const PAUSE: Duration = Duration::from_secs(1);

/// Keeps a load from growing right after it gave something back.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    since: Option<Instant>,
}

impl Backoff {
    pub(super) fn start(&mut self) {
        self.since = Some(Instant::now());
    }

    pub(super) fn is_active(&self) -> bool {
        self.since.is_some_and(|since| since.elapsed() < PAUSE)
    }
}
