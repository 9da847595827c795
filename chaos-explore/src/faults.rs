//! The fault cases that an exploration tries, by kind of site.

use std::time::Duration;

use chaos_core::{Disconnect, Failure, Fault, Phase, SiteKind};

use crate::placement::fault_case::FaultCase;
use crate::trial::recorded_operation::RecordedOperation;

/// The fault cases that an exploration tries, by kind of site.
///
/// ```
/// use chaos_core::{Failure, Fault, Phase, SiteKind};
/// use chaos_explore::{FaultCase, Faults};
///
/// let faults = Faults::standard().and(
///     SiteKind::Client,
///     FaultCase::once(Fault::error(Failure::status(404)?), Phase::Before),
/// );
/// # Ok::<(), chaos_core::error::InvalidFault>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Faults(Vec<(SiteKind, FaultCase)>);

impl Faults {
    /// Longer than any caller should wait.
    const FOREVER: Duration = Duration::from_secs(60 * 60);

    /// Returns the faults that every service meets sooner or later.
    ///
    /// Connections are refused, reset or cut, replies are lost or never arrive, transactions deadlock, and dependencies
    /// stay unavailable.
    pub fn standard() -> Self {
        use SiteKind::{Client, Database, Point, Server, Stream};
        let fail = |failure, phase| FaultCase::once(Fault::error(failure), phase);
        let hang = |phase| FaultCase::once(Fault::latency(Self::FOREVER), phase);
        let outage = |failure| FaultCase::onwards(Fault::error(failure), Phase::Before);
        let cut = Fault::disconnect(Disconnect::CutAfter(0));
        let (before, after) = (Phase::Before, Phase::After);
        Self(vec![
            (Client, fail(Failure::Refused, before)),
            (Client, fail(Failure::Unavailable, before)),
            (Client, hang(before)),
            (Client, fail(Failure::Reset, after)),
            (Client, hang(after)),
            (Client, FaultCase::once(cut, Phase::During)),
            (Client, outage(Failure::Unavailable)),
            (Database, fail(Failure::Deadlock, before)),
            (Database, fail(Failure::Reset, before)),
            (Database, hang(before)),
            (Database, fail(Failure::Reset, after)),
            (Database, fail(Failure::Reset, Phase::During)),
            (Database, outage(Failure::Unavailable)),
            (Server, fail(Failure::Unavailable, before)),
            (Server, fail(Failure::Reset, after)),
            (Stream, fail(Failure::Refused, before)),
            (Point, fail(Failure::Unavailable, before)),
            (Point, hang(before)),
            (Point, fail(Failure::Reset, after)),
            (Point, outage(Failure::Unavailable)),
        ])
    }

    /// Returns an empty list, to build one from scratch.
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// Adds a fault case for every site of a kind, unless the list contains it.
    pub fn and(mut self, kind: SiteKind, fault_case: FaultCase) -> Self {
        let new = (kind, fault_case);
        if !self.0.contains(&new) {
            self.0.push(new);
        }
        self
    }

    /// Removes all fault cases of a kind of site.
    pub fn without(mut self, kind: SiteKind) -> Self {
        self.0.retain(|(known, _)| *known != kind);
        self
    }

    /// Returns the fault cases that can be injected into the operation.
    pub(crate) fn supported_by<'a>(
        &'a self,
        operation: &'a RecordedOperation,
    ) -> impl Iterator<Item = &'a FaultCase> {
        self.0
            .iter()
            .filter(|(kind, case)| Some(*kind) == operation.id.kind && operation.supports(case))
            .map(|(_, case)| case)
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self::standard()
    }
}
