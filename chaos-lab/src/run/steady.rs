//! Whether the target is steady, second by second, while a run goes on.

use crate::scenario::Objectives;
use crate::second::{Second, State};
use crate::statistics::Proportion;

/// The number of good ticks in a row that make a target steady.
///
/// The judge wants five whole seconds, counted from the start of the fault, which seven ticks of any alignment contain.
const STEADY: u32 = 7;

pub(super) struct Steadiness {
    error_limit: f64,
    good: u32,
    pub(super) second: Second,
    /// The failed ones of the requests in the seconds so far.
    failed: Proportion,
}

impl Steadiness {
    pub(super) fn new(limits: &Objectives) -> Self {
        Self {
            error_limit: limits.steady_error_rate.as_share(),
            good: 0,
            second: Second::default(),
            failed: Proportion::default(),
        }
    }

    /// Forgets the seconds so far.
    pub(super) fn restart(&mut self) {
        self.good = 0;
        self.second = Second::default();
        self.failed = Proportion::default();
    }

    pub(super) fn end_second(&mut self) {
        self.failed.add(self.second.failed);
        match std::mem::take(&mut self.second).state(self.error_limit) {
            State::Good => self.good += 1,
            State::Failed | State::Unknown => self.good = 0,
        }
    }

    /// The failed requests of a stage in which they were beyond the limit, without any doubt.
    pub(super) fn failing(&self) -> Option<Proportion> {
        let mut failed = self.failed;
        failed.add(self.second.failed);
        let rate = failed.estimate()?;
        (rate.lower > self.error_limit).then_some(failed)
    }

    pub(super) fn is_steady(&self) -> bool {
        self.good >= STEADY
    }
}
