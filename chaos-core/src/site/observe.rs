//! Reports the outcome of an operation to the conditions that judge it, and to those that watch.

use std::sync::Arc;
use std::time::Instant;

use super::{Site, SiteState};
use crate::outcome::Outcome;
use crate::outcome::Population;
use crate::{Scope, delay};

/// An operation whose outcome a condition or a watch waits for.
///
/// Dropping it unfinished reports nothing: a cancelled operation is neither a success nor a failure.
#[derive(Debug)]
#[must_use = "an observation counts only when it is finished"]
pub struct Observation {
    site: Arc<SiteState>,
    scope: Option<Scope>,
    population: Population,
    started: Instant,
    stopped: Option<Instant>,
}

impl Site {
    /// Starts to observe an operation if any condition judges this site, or somebody watches.
    #[inline]
    pub fn observe(&self) -> Option<Observation> {
        if !self.needs()?.outcome() {
            return None;
        }
        Some(Observation {
            site: Arc::clone(self.state()),
            scope: Scope::current(),
            population: Population::Untreated,
            started: delay::now(),
            stopped: None,
        })
    }
}

impl Observation {
    /// Records that a fault was injected into this operation.
    pub fn treated(&mut self) {
        self.population = Population::Treated;
    }

    /// Stops the clock: later time does not count as its latency.
    pub fn stop_clock(&mut self) {
        self.stopped.get_or_insert_with(delay::now);
    }

    /// Reports the outcome of the operation.
    ///
    /// It counts as treated when a fault was injected into it or anywhere in its request.
    pub fn finish(self, outcome: Outcome) {
        let now = delay::now();
        let took = self
            .stopped
            .unwrap_or(now)
            .saturating_duration_since(self.started);
        let population = match &self.scope {
            Some(scope) if scope.was_touched() => Population::Treated,
            _ => self.population,
        };
        self.site.record_outcome(now, outcome, took, population);
    }
}
