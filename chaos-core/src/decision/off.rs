//! Decisions of a build without injection: nothing strikes, so none of these values exist.

use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::flow::Flow;
use super::{InjectedFault, WorkItem};
use crate::compiled::never;
use crate::{Delay, Phase};

/// What at least one experiment does to an operation.
#[derive(Debug)]
pub(super) struct Strikes(Infallible);

impl Strikes {
    never!(pub(super) fn is_applied(&self) -> bool);
    never!(pub(super) fn take_work(&mut self) -> Vec<AdapterWork>);
    never!(pub(super) fn fail_from(&mut self, _from: Option<Instant>));
    never!(pub(super) fn hold_timeouts(&mut self));
    never!(pub(super) fn take_flow(&mut self) -> Flow);
    never!(pub(super) fn poll_apply(&mut self, _phase: Phase, _cx: &mut Context<'_>)
        -> Poll<Result<(), InjectedFault>>);
}

/// Work that an experiment asks an adapter to do, of which this build has none.
#[derive(Debug)]
#[must_use = "the work is not done by itself"]
pub struct AdapterWork(Infallible);

#[allow(missing_docs, reason = "documented where injection is compiled in")]
#[allow(clippy::must_use_candidate)]
impl AdapterWork {
    never!(pub fn items(&self) -> &[WorkItem]);
    never!(pub fn experiment(&self) -> &str);
    never!(pub fn ended(&self, _at_most: Duration) -> Delay);
    never!(pub fn report_held(&self));
    never!(pub fn has_ended(&self) -> bool);
}
