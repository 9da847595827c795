//! Whether the target is steady, second by second, while a run goes on.

use crate::load::Sample;
use crate::record::ProbeSample;
use crate::scenario::Objectives;
use crate::statistics::{Counted, Proportion};

/// The number of good ticks in a row that make a target steady.
///
/// The judge wants five whole seconds, counted from the start of the fault, which seven ticks of any alignment contain.
const STEADY: u32 = 7;

pub(super) struct Steadiness {
    error_limit: f64,
    good: u32,
    failed: Proportion,
    is_healthy: Option<bool>,
}

impl Steadiness {
    pub(super) fn new(limits: &Objectives) -> Self {
        Self {
            error_limit: limits.error_rate.as_share(),
            good: 0,
            failed: Proportion::default(),
            is_healthy: None,
        }
    }

    /// Forgets the seconds so far.
    pub(super) fn restart(&mut self) {
        self.good = 0;
        self.begin_second();
    }

    pub(super) fn request(&mut self, sample: &Sample) {
        self.failed.add(Counted::when(!sample.ok));
    }

    pub(super) fn probe(&mut self, sample: &ProbeSample) {
        self.is_healthy = Some(sample.problem.is_none() && self.is_healthy != Some(false));
    }

    pub(super) fn end_second(&mut self) {
        let within = self.failed.share().map(|share| share <= self.error_limit);
        let is_good = match (within, self.is_healthy) {
            (None, None) => false,
            (within, is_healthy) => within != Some(false) && is_healthy != Some(false),
        };
        self.good = if is_good { self.good + 1 } else { 0 };
        self.begin_second();
    }

    pub(super) fn is_steady(&self) -> bool {
        self.good >= STEADY
    }

    fn begin_second(&mut self) {
        self.failed = Proportion::default();
        self.is_healthy = None;
    }
}
