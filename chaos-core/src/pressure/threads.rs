//! Threads that only wait.

use std::sync::Arc;
use std::time::Duration;

use super::held::{Held, Waited};
use super::keeper::Hog;

/// What a thread needs that only waits.
const STACK: usize = 32 * 1024;

const EVERY: Duration = Duration::from_millis(20);

/// Threads that only wait.
pub(super) struct Waiting {
    started: u32,
    count: u32,
}

impl Waiting {
    pub(super) fn new(count: u32) -> Self {
        Self { started: 0, count }
    }
}

impl Hog for Waiting {
    fn bring_to(&mut self, share: f64, held: &Arc<Held>) -> Result<f64, String> {
        let wanted = (f64::from(self.count) * share) as u32;
        // So many at a time that a stop is not late.
        for _ in 0..(wanted.saturating_sub(self.started)).min(100) {
            held.spawn(
                STACK,
                |held| while held.wait(Duration::MAX) == Waited::GoOn {},
            )
            .map_err(|error| format!("the system gives no more threads: {error}"))?;
            self.started += 1;
        }
        Ok(f64::from(self.started))
    }

    fn every(&self) -> Duration {
        EVERY
    }
}
