//! The seconds in which the target was steady, and those in which it failed.

use std::ops::Range;
use std::time::Duration;

use crate::record::Line;
use crate::second::{Second, State};

/// The number of good seconds in a row that make a target steady.
const STEADY: usize = 5;

/// The seconds of a time, each with its state.
#[derive(Default)]
pub(super) struct Seconds {
    start: Duration,
    states: Vec<State>,
}

impl Seconds {
    /// The whole seconds of a time.
    pub(super) fn of(lines: &[Line], span: &Range<Duration>, error_limit: f64) -> Self {
        let length = span.end.saturating_sub(span.start).as_secs() as usize;
        let mut seconds = vec![Second::default(); length];
        for line in lines {
            let since = line.measured_at().checked_sub(span.start);
            let nth = since.map(|since| since.as_secs() as usize);
            if let Some(second) = nth.and_then(|nth| seconds.get_mut(nth)) {
                second.measure(&line.entry);
            }
        }
        let states = seconds.into_iter().map(|second| second.state(error_limit));
        Self {
            start: span.start,
            states: states.collect(),
        }
    }

    /// How long the target failed, all failed seconds together.
    pub(super) fn downtime(&self) -> Duration {
        let failed = self.states.iter().filter(|state| **state == State::Failed);
        Duration::from_secs(failed.count() as u64)
    }

    /// The first failed second.
    pub(super) fn first_failed(&self) -> Option<Duration> {
        let mut states = self.states.iter();
        let at = states.position(|state| *state == State::Failed)?;
        Some(self.instant(at))
    }

    /// The first of five good seconds in a row, from an instant on.
    pub(super) fn steady_from(&self, from: Duration) -> Option<Duration> {
        let skipped = from.saturating_sub(self.start);
        // A second that has begun before the instant says nothing about the time after it.
        let first = skipped.as_secs() as usize + usize::from(skipped.subsec_nanos() > 0);
        let mut rows = self.states.get(first..)?.windows(STEADY);
        let at = rows.position(|row| row.iter().all(|state| *state == State::Good))?;
        Some(self.instant(first + at))
    }

    fn instant(&self, second: usize) -> Duration {
        self.start + Duration::from_secs(second as u64)
    }
}
