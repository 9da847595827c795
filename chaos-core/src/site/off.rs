//! The site of a build without injection: nothing ever concerns it.

use std::convert::Infallible;
use std::sync::Arc;

use super::{Misuse, Needs, Site};
use crate::SiteKind;
use crate::compiled::never;
use crate::outcome::Outcome;

/// The state that all handles of one site share.
#[derive(Debug)]
pub(crate) struct SiteState {
    service: Arc<str>,
    kind: SiteKind,
}

#[allow(
    clippy::unused_self,
    reason = "the signatures are those with injection"
)]
impl SiteState {
    pub(crate) fn new(service: Arc<str>, kind: SiteKind) -> Self {
        Self { service, kind }
    }

    pub(crate) fn service(&self) -> &str {
        &self.service
    }

    pub(crate) fn kind(&self) -> SiteKind {
        self.kind
    }

    #[inline(always)]
    pub(crate) fn needs(&self) -> Option<Needs> {
        None
    }

    pub(crate) fn next_in_sequence(&self) -> u64 {
        0
    }

    pub(crate) fn always_scoped(&self) {}

    #[inline(always)]
    pub(crate) fn seek_second_layer(&self) -> bool {
        false
    }

    #[inline(always)]
    pub(crate) fn report(&self, _misuse: Misuse) {}

    #[inline(always)]
    pub(crate) fn has_witness(&self) -> bool {
        false
    }

    #[inline(always)]
    pub(crate) fn works_outside(&self) -> Option<OutsideWork> {
        None
    }

    #[inline(always)]
    pub(crate) fn may_work_outside(&self) -> Option<OutsideWork> {
        None
    }

    #[inline(always)]
    pub(crate) fn calls_outside(&self) -> Option<OutsideWork> {
        None
    }
}

/// Work on a reply that the runtime does not observe; this build does not track it.
#[derive(Debug)]
#[must_use = "the work is over when this is dropped"]
pub struct OutsideWork(Infallible);

#[allow(missing_docs, reason = "documented where injection is compiled in")]
impl OutsideWork {
    never!(pub fn answered(&mut self));
}

/// An operation whose outcome a condition waits for, of which this build has none.
#[derive(Debug)]
#[must_use = "an observation counts only when it is finished"]
pub struct Observation(Infallible);

#[allow(missing_docs, reason = "documented where injection is compiled in")]
impl Observation {
    never!(pub fn treated(&mut self));
    never!(pub fn stop_clock(&mut self));
    never!(pub fn finish(self, _outcome: Outcome));
}

impl Site {
    /// Starts to observe an operation if any condition judges this site; in this build, none does.
    #[inline(always)]
    pub fn observe(&self) -> Option<Observation> {
        None
    }
}
