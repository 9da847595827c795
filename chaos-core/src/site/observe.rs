//! What came of an operation, told to the conditions that judge it.

use std::sync::Arc;
use std::time::Instant;

use super::{Site, SiteState};
use crate::Scope;
use crate::compiled::{CompiledIn, compiled_in};
use crate::delay;
use crate::judge::Population;

/// What came of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It did what it was asked to.
    Success,
    /// It did not, whoever's fault that was.
    Failure,
}

/// An operation whose outcome a condition waits for.
///
/// Dropping it unfinished tells nothing: a cancelled operation is neither a success nor a failure.
#[derive(Debug)]
#[must_use = "an observation counts only when it is finished"]
pub struct Observation {
    site: Arc<SiteState>,
    scope: Option<Scope>,
    population: Population,
    started: Instant,
    stopped: Option<Instant>,
    _compiled_in: CompiledIn,
}

impl Site {
    /// Starts to watch an operation, if any condition judges this site.
    #[inline]
    pub fn observe(&self) -> Option<Observation> {
        if !self.needs()?.outcome() {
            return None;
        }
        Some(Observation {
            _compiled_in: compiled_in()?,
            site: Arc::clone(&self.0),
            scope: Scope::current(),
            population: Population::Untreated,
            started: delay::now(),
            stopped: None,
        })
    }
}

impl Observation {
    /// Says that a fault was injected into this very operation.
    pub fn treated(&mut self) {
        self.population = Population::Treated;
    }

    /// Stops its clock: what comes from now on is no part of how long it took.
    pub fn stop_clock(&mut self) {
        self.stopped.get_or_insert_with(delay::now);
    }

    /// Tells what came of the operation.
    ///
    /// It counts as treated when a fault was injected into it, or anywhere in its request.
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
        for judge in self.site.judges().iter() {
            judge.record(now, outcome, took, population);
        }
    }
}
