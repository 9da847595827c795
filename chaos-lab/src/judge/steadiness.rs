//! The seconds in which the target was steady, and those in which it failed.

use std::ops::Range;
use std::time::Duration;

use super::timeline::{probes, requests};
use crate::record::Line;
use crate::statistics::{Counted, Proportion};

/// The number of good seconds in a row that make a target steady.
const STEADY: usize = 5;

/// The seconds of a time, each with its state.
pub(super) struct Seconds {
    start: Duration,
    states: Vec<State>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Good,
    Failed,
    /// Nothing was measured in it.
    Unknown,
}

impl Seconds {
    /// The whole seconds of a time; one with a failed probe, or with more errors than the limit, has failed.
    pub(super) fn of(lines: &[Line], span: &Range<Duration>, error_limit: f64) -> Self {
        let length = span.end.saturating_sub(span.start).as_secs() as usize;
        let second = |at: Duration| (at - span.start).as_secs() as usize;
        let mut failed = vec![Proportion::default(); length];
        let mut is_healthy = vec![None; length];
        for request in requests(lines, span.clone()) {
            if let Some(failed) = failed.get_mut(second(request.due.0)) {
                failed.add(Counted::when(!request.ok));
            }
        }
        for (at, probe) in probes(lines, span.clone()) {
            if let Some(is_healthy) = is_healthy.get_mut(second(at)) {
                let so_far = is_healthy.unwrap_or(true);
                *is_healthy = Some(so_far && probe.problem.is_none());
            }
        }
        let states = failed.iter().zip(is_healthy);
        let states = states.map(|(failed, is_healthy)| match (failed.share(), is_healthy) {
            (None, None) => State::Unknown,
            (_, Some(false)) => State::Failed,
            (Some(share), _) if share > error_limit => State::Failed,
            _ => State::Good,
        });
        Self {
            start: span.start,
            states: states.collect(),
        }
    }

    /// The first failed second.
    pub(super) fn first_failed(&self) -> Option<Duration> {
        let at = self
            .states
            .iter()
            .position(|state| *state == State::Failed)?;
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
