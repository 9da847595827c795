//! What workers have lately done, which each counts for itself.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Over which time it is taken.
const WINDOW: Duration = Duration::from_millis(1_000);

/// What workers have lately done.
pub(super) struct Lately {
    counts: Vec<Arc<AtomicU64>>,
    seen: VecDeque<(Instant, u64)>,
}

impl Lately {
    /// How often it is to be looked.
    pub(super) const EVERY: Duration = Duration::from_millis(100);

    pub(super) fn of(workers: u32) -> Self {
        Self {
            counts: (0..workers).map(|_| Arc::default()).collect(),
            seen: VecDeque::new(),
        }
    }

    /// What each worker counts in.
    pub(super) fn counts(&self) -> impl Iterator<Item = Arc<AtomicU64>> {
        self.counts.iter().map(Arc::clone)
    }

    /// How much they have done in a second, all together.
    pub(super) fn per_second(&mut self) -> f64 {
        let now = Instant::now();
        let counts = self.counts.iter();
        let done = counts.map(|count| count.load(Ordering::Relaxed)).sum();
        self.seen.push_back((now, done));
        while self.seen.len() > 2 && now - self.seen[1].0 >= WINDOW {
            self.seen.pop_front();
        }
        let (since, before) = self.seen[0];
        let time = now - since;
        // The first moments say nothing yet: a thread that was just started has had all or nothing.
        if time < WINDOW / 2 {
            return 0.0;
        }
        (done - before) as f64 / time.as_secs_f64()
    }
}
