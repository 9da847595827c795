//! Sites: the places that ask before they do something.

mod needs;
mod observe;
mod operation;
mod point;
mod state;
mod support;

use std::sync::Arc;

pub use needs::Needs;
pub use observe::{Observation, Outcome};
pub use operation::Operation;
pub use point::{Around, Point};
pub(crate) use state::{Protection, SiteState};
pub use support::Support;

use crate::{Decision, OutsideWork, SiteKind};

/// A place that asks: a service name and what kind of place it is.
///
/// Made once by [`ChaosManager::site`](crate::ChaosManager::site) or by an adapter, then cloned freely. While no
/// running experiment concerns it, it costs one relaxed load and a branch.
#[derive(Debug, Clone)]
pub struct Site(Arc<SiteState>);

impl Site {
    pub(crate) fn new(state: Arc<SiteState>) -> Self {
        Self(state)
    }

    /// The service this site belongs to.
    #[must_use]
    pub fn service(&self) -> &str {
        self.0.service()
    }

    /// What kind of place it is.
    #[must_use]
    pub fn kind(&self) -> SiteKind {
        self.0.kind()
    }

    /// What running experiments want of this site right now; nothing, mostly.
    ///
    /// It costs one relaxed load. An adapter that gets nothing goes straight to the real call.
    #[inline]
    #[must_use]
    pub fn needs(&self) -> Option<Needs> {
        self.0.needs()
    }

    pub(crate) fn state(&self) -> &Arc<SiteState> {
        &self.0
    }

    /// The number of the next thing here, from 0 on: it tells connections apart that have nothing else to do so.
    ///
    /// It shares the sequence of operations without a key.
    #[must_use]
    pub fn number_next(&self) -> u64 {
        self.0.next_in_sequence()
    }

    /// Has requests that enter here open a [`Scope`](crate::Scope) whether or not an experiment needs it.
    ///
    /// For services that pass tags on to others: the experiment they select may run there only.
    pub fn always_scoped(&self) {
        self.0.always_needs(Needs::SCOPE);
    }

    /// Whether an exploration meets every operation here.
    ///
    /// Then an adapter goes the long way also where nothing strikes, and says what [works outside](Self::works_outside).
    #[inline]
    #[must_use]
    pub fn is_explored(&self) -> bool {
        #[cfg(feature = "explore")]
        return self.0.exploring().is_some();
        #[cfg(not(feature = "explore"))]
        false
    }

    /// Says that an answer is on its way from where no runtime can see it, until what it gives is dropped.
    ///
    /// Only an exploration wants to know, whose clock stands meanwhile; to all others it gives nothing.
    #[inline]
    #[must_use]
    pub fn works_outside(&self) -> Option<OutsideWork> {
        #[cfg(feature = "explore")]
        return self.0.exploring()?.work();
        #[cfg(not(feature = "explore"))]
        None
    }

    /// As [`works_outside`](Self::works_outside), where it is not known whether anything works or all just wait.
    #[inline]
    #[must_use]
    pub fn may_work_outside(&self) -> Option<OutsideWork> {
        #[cfg(feature = "explore")]
        return self.0.exploring()?.perhaps_work();
        #[cfg(not(feature = "explore"))]
        None
    }

    /// Decides what happens to an operation.
    ///
    /// Never waits; allocates only when a fault is about to be injected.
    #[inline]
    pub fn decide(&self, operation: &Operation<'_>) -> Decision {
        if self.needs().is_some_and(Needs::decision) {
            Decision::make(&self.0, operation)
        } else {
            Decision::NONE
        }
    }
}
