//! Decisions of a build without injection: nothing strikes, so none of these values exist.

use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::flow::Flow;
use super::{InjectedFault, WorkItem};
use crate::{Delay, Phase};

/// What at least one experiment does to an operation.
#[derive(Debug)]
pub(super) struct Strikes(Infallible);

impl Strikes {
    pub(super) fn is_applied(&self) -> bool {
        match self.0 {}
    }

    pub(super) fn take_work(&mut self) -> Vec<AdapterWork> {
        match self.0 {}
    }

    pub(super) fn fail_from(&mut self, _from: Option<Instant>) {
        match self.0 {}
    }

    pub(super) fn hold_timeouts(&mut self) {
        match self.0 {}
    }

    pub(super) fn take_flow(&mut self) -> Flow {
        match self.0 {}
    }

    pub(super) fn poll_apply(
        &mut self,
        _phase: Phase,
        _cx: &mut Context<'_>,
    ) -> Poll<Result<(), InjectedFault>> {
        match self.0 {}
    }
}

/// Work that an experiment asks an adapter to do, of which this build has none.
#[derive(Debug)]
#[must_use = "the work is not done by itself"]
pub struct AdapterWork(Infallible);

#[allow(missing_docs, reason = "documented where injection is compiled in")]
#[allow(clippy::must_use_candidate)]
impl AdapterWork {
    pub fn items(&self) -> &[WorkItem] {
        match self.0 {}
    }

    pub fn experiment(&self) -> &str {
        match self.0 {}
    }

    pub fn ended(&self, _at_most: Duration) -> Delay {
        match self.0 {}
    }

    pub fn report_held(&self) {
        match self.0 {}
    }

    pub fn has_ended(&self) -> bool {
        match self.0 {}
    }
}
