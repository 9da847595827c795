//! The outcomes of a site in windows of a second, kept while somebody watches.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::outcome::{Outcome, Population};
use crate::outcomes::{OutcomeCounts, OutcomeWindow};

/// The latest outcomes of a site.
#[derive(Debug)]
pub(crate) struct OutcomeWindows {
    /// The same moment on both clocks: windows begin at whole seconds after it.
    began: (Instant, SystemTime),
    windows: Mutex<VecDeque<Window>>,
}

#[derive(Debug)]
struct Window {
    second: u64,
    treated: OutcomeCounts,
    untreated: OutcomeCounts,
}

/// The number of windows that are kept.
const KEPT: usize = 60;

impl OutcomeWindows {
    pub(crate) fn begin(now: Instant) -> Self {
        Self {
            began: (now, SystemTime::now()),
            windows: Mutex::default(),
        }
    }

    pub(crate) fn record(
        &self,
        now: Instant,
        outcome: Outcome,
        took: Duration,
        population: Population,
    ) {
        let second = now.saturating_duration_since(self.began.0).as_secs();
        let mut windows = self.lock();
        // Threads read the clock before they get here, so an outcome may belong to an earlier second.
        let at = windows.partition_point(|window| window.second < second);
        if windows.get(at).is_none_or(|window| window.second != second) {
            let window = Window {
                second,
                treated: OutcomeCounts::default(),
                untreated: OutcomeCounts::default(),
            };
            windows.insert(at, window);
        }
        let window = &mut windows[at];
        match population {
            Population::Treated => window.treated.add(outcome, took),
            Population::Untreated => window.untreated.add(outcome, took),
        }
        while windows.len() > KEPT {
            windows.pop_front();
        }
    }

    pub(crate) fn read(&self) -> Vec<OutcomeWindow> {
        let windows = self.lock();
        let read = windows.iter().map(|window| OutcomeWindow {
            start: self.began.1 + Duration::from_secs(window.second),
            treated: window.treated,
            untreated: window.untreated,
        });
        read.collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Window>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_kept_by_second_and_population() {
        let start = Instant::now();
        let windows = OutcomeWindows::begin(start);
        let at = |millis| start + Duration::from_millis(millis);
        let record = |millis, population| {
            windows.record(at(millis), Outcome::Success, Duration::ZERO, population);
        };
        record(100, Population::Treated);
        record(2_100, Population::Untreated);
        record(999, Population::Untreated);
        let read = windows.read();
        let counts: Vec<_> = read
            .iter()
            .map(|window| (window.treated.succeeded, window.untreated.succeeded))
            .collect();
        assert_eq!(counts, [(1, 1), (0, 1)]);
        let apart = read[1].start.duration_since(read[0].start).unwrap();
        assert_eq!(apart, Duration::from_secs(2));
    }

    #[test]
    fn only_the_latest_windows_are_kept() {
        let start = Instant::now();
        let windows = OutcomeWindows::begin(start);
        for second in 0..2 * KEPT as u64 {
            let now = start + Duration::from_secs(second);
            windows.record(now, Outcome::Failure, Duration::ZERO, Population::Treated);
        }
        let read = windows.read();
        assert_eq!(read.len(), KEPT);
        assert!(read.windows(2).all(|pair| pair[0].start < pair[1].start));
    }
}
