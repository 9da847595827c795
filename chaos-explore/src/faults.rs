//! What may go wrong, by kind of place.

use std::time::Duration;

use crate::FaultCase;
use crate::recorder::Meeting;
use chaos_core::{Disconnect, Failure, Fault, Phase, SiteKind};

/// What may go wrong at which kind of operation.
///
/// ```
/// # use chaos_core::{Failure, Fault, Phase, SiteKind};
/// use chaos_core::{Faults, FaultCase};
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
    /// Longer than anyone should wait.
    const FOREVER: Duration = Duration::from_secs(60 * 60);

    /// What goes wrong with every service sooner or later: nobody is there, the reply is lost or breaks off, no reply
    /// comes, a transaction loses, a connection breaks, and a dependency is down for good.
    pub fn standard() -> Self {
        use SiteKind::{Client, Database, Point, Server, Stream};
        let fail = |failure, phase| FaultCase::once(Fault::error(failure), phase);
        let hang = |phase| FaultCase::once(Fault::latency(Self::FOREVER), phase);
        let down = |failure| FaultCase::onwards(Fault::error(failure), Phase::Before);
        let cut = Fault::disconnect(Disconnect::CutAfter(0));
        let (before, after) = (Phase::Before, Phase::After);
        Self(vec![
            (Client, fail(Failure::Refused, before)),
            (Client, fail(Failure::Unavailable, before)),
            (Client, hang(before)),
            (Client, fail(Failure::Reset, after)),
            (Client, hang(after)),
            (Client, FaultCase::once(cut, Phase::During)),
            (Client, down(Failure::Unavailable)),
            (Database, fail(Failure::Deadlock, before)),
            (Database, fail(Failure::Reset, before)),
            (Database, hang(before)),
            (Database, fail(Failure::Reset, after)),
            (Database, fail(Failure::Reset, Phase::During)),
            (Database, down(Failure::Unavailable)),
            (Server, fail(Failure::Unavailable, before)),
            (Server, fail(Failure::Reset, after)),
            (Stream, fail(Failure::Refused, before)),
            (Point, fail(Failure::Unavailable, before)),
            (Point, hang(before)),
            (Point, fail(Failure::Reset, after)),
            (Point, down(Failure::Unavailable)),
        ])
    }

    /// Nothing at all, to begin a list of one's own with.
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// Adds what may go wrong at every place of a kind; what is there already is not added twice.
    pub fn and(mut self, kind: SiteKind, mishap: FaultCase) -> Self {
        let new = (kind, mishap);
        if !self.0.contains(&new) {
            self.0.push(new);
        }
        self
    }

    /// Takes away all that goes wrong at places of a kind.
    pub fn without(mut self, kind: SiteKind) -> Self {
        self.0.retain(|(at, _)| *at != kind);
        self
    }

    /// What may go wrong at an operation that can suffer it.
    pub(crate) fn at<'a>(&'a self, meeting: &'a Meeting) -> impl Iterator<Item = &'a FaultCase> {
        self.0
            .iter()
            .filter(|(kind, mishap)| Some(*kind) == meeting.id.kind && meeting.suffers(mishap))
            .map(|(_, mishap)| mishap)
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self::standard()
    }
}
