//! The conditions that judge the outcomes of a site's operations, and the windows kept while somebody watches.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::outcome_windows::OutcomeWindows;
use crate::judge::Judge;
use crate::outcome::{Outcome, Population};

/// What the outcome of an operation is reported to.
#[derive(Clone, Default)]
pub(crate) struct Observers {
    pub(crate) judges: Vec<Arc<Judge>>,
    pub(crate) windows: Option<Arc<OutcomeWindows>>,
}

impl Observers {
    pub(crate) fn is_empty(&self) -> bool {
        self.judges.is_empty() && self.windows.is_none()
    }

    pub(super) fn record(
        &self,
        now: Instant,
        outcome: Outcome,
        took: Duration,
        population: Population,
    ) {
        for judge in &self.judges {
            judge.record(now, outcome, took, population);
        }
        if let Some(windows) = &self.windows {
            windows.record(now, outcome, took, population);
        }
    }
}
