//! Sites: the places in the code that ask for a decision before each operation.

mod connection_record;
#[cfg(feature = "inject")]
mod dominant_key;
#[cfg(feature = "inject")]
mod exemption;
#[cfg(feature = "inject")]
mod health_routes;
#[cfg(feature = "inject")]
mod identity;
mod idle_task;
#[cfg(feature = "inject")]
mod idle_tasks;
#[cfg(feature = "inject")]
mod met_names;
mod misuse;
mod needs;
#[cfg(feature = "inject")]
mod observe;
#[cfg(feature = "inject")]
mod observers;
#[cfg(not(feature = "inject"))]
mod off;
mod operation;
#[cfg(feature = "inject")]
mod outcome_windows;
#[cfg(feature = "inject")]
mod plan;
#[cfg(feature = "inject")]
mod state;
#[cfg(feature = "inject")]
mod stream_operations;
#[cfg(feature = "inject")]
mod stream_places;
mod support;
mod transaction_record;
#[cfg(feature = "inject")]
mod witness;

use std::sync::Arc;

pub use connection_record::ConnectionRecord;
#[cfg(feature = "inject")]
pub(crate) use connection_record::Counting;
pub use idle_task::IdleTask;
pub use misuse::Misuse;
pub use needs::Needs;
pub use operation::Operation;
pub use support::Support;
pub use transaction_record::TransactionRecord;

#[cfg(feature = "inject")]
pub(crate) use self::{
    exemption::Exemption,
    identity::{Protection, SiteIdentity, Unsupported},
    plan::{Entry, Miss, SitePlan},
    state::{Numbering, SiteState},
    stream_places::StreamPlaces,
};
#[cfg(feature = "inject")]
pub use self::{
    observe::Observation,
    witness::{Certainty, MetOperation, OutsideNote, OutsideWork, PlacedExperiment, Witness},
};
#[cfg(not(feature = "inject"))]
pub(crate) use off::SiteState;
#[cfg(not(feature = "inject"))]
pub use off::{Observation, OutsideWork};

use crate::SiteKind;

/// A place in the code that asks for a decision before each operation: a service name and a kind.
///
/// [`ChaosManager::site`](crate::ChaosManager::site) or an adapter registers it once; clones are cheap. While no
/// running experiment concerns it, asking costs one relaxed load and a branch.
#[derive(Debug, Clone)]
pub struct Site(Arc<SiteState>);

/// Handles are equal if they are of the same site.
impl PartialEq for Site {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Site {}

impl Site {
    pub(crate) fn new(state: Arc<SiteState>) -> Self {
        Self(state)
    }

    /// The service that this site belongs to.
    #[must_use]
    pub fn service(&self) -> &str {
        self.0.service()
    }

    /// The kind of this site.
    #[must_use]
    pub fn kind(&self) -> SiteKind {
        self.0.kind()
    }

    /// What running experiments need from this site now; usually nothing.
    ///
    /// It costs one relaxed load. If there are no needs, an adapter makes the real call directly.
    #[inline]
    #[must_use]
    pub fn needs(&self) -> Option<Needs> {
        self.0.needs()
    }

    pub(crate) fn state(&self) -> &Arc<SiteState> {
        &self.0
    }

    /// Takes the next number of this site, counted from 0, to distinguish connections without an identity.
    ///
    /// Operations without a key share the sequence.
    #[must_use]
    pub fn number_next(&self) -> u64 {
        self.0.next_in_sequence()
    }

    /// Opens a [`Scope`](crate::Scope) for each request that enters here, even if no experiment needs it.
    ///
    /// For services that pass tags on: the selected experiment may run only in another service.
    pub fn always_scoped(&self) {
        self.0.always_scoped();
    }

    /// Counts a call that an adapter is to mark, to recognise it in a second layer of this site; false after the first ones.
    #[must_use]
    pub fn seek_second_layer(&self) -> bool {
        self.0.seek_second_layer()
    }

    /// Reports a misuse while an experiment concerns the site.
    ///
    /// The first report of each is journalled, and [`ChaosManager::explain`](crate::ChaosManager::explain) has it as a
    /// caveat from then on.
    pub fn report(&self, misuse: Misuse) {
        if self.needs().is_some() {
            self.0.report(misuse);
        }
    }

    /// Whether a witness, such as an exploration, sees every operation of this site.
    ///
    /// If so, an adapter takes the slow path even where nothing strikes, and reports
    /// [work outside the runtime](Self::works_outside).
    #[inline]
    #[must_use]
    pub fn is_explored(&self) -> bool {
        self.0.has_witness()
    }

    /// Reports that a thread or a server works on a reply, unobserved by the runtime, until the result is dropped.
    ///
    /// Returns nothing without a witness. The clock of an exploration stands still meanwhile.
    #[inline]
    #[must_use]
    pub fn works_outside(&self) -> Option<OutsideWork> {
        self.0.works_outside()
    }

    /// Like [`works_outside`](Self::works_outside), for work that may be in progress or may merely wait.
    #[inline]
    #[must_use]
    pub fn may_work_outside(&self) -> Option<OutsideWork> {
        self.0.may_work_outside()
    }

    /// Reports a call to a service that may run on another thread or in another process, until the result is dropped.
    ///
    /// Like [`may_work_outside`](Self::may_work_outside), and an exploration reports a call that gets no reply without
    /// any fault: [`OutsideWork::answered`] notes the reply.
    #[inline]
    #[must_use]
    pub fn calls_outside(&self) -> Option<OutsideWork> {
        self.0.calls_outside()
    }
}
