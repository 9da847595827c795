//! The fault cases that an exploration tries, by kind of site or by service.

use std::time::Duration;

use chaos_core::{Disconnect, Failure, Fault, Phase, SiteKind};

use crate::placement::fault_case::FaultCase;
use crate::placement::operation_id::OperationId;
use crate::trial::recorded_operation::RecordedOperation;

/// The fault cases that an exploration tries, by kind of site or by service.
///
/// ```
/// use chaos_explore::{Failure, Fault, FaultCase, Faults, Phase, SiteKind};
///
/// let faults = Faults::standard().and(
///     SiteKind::Client,
///     FaultCase::once(Fault::error(Failure::status(402)?), Phase::Before),
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Faults {
    cases: Vec<(Sites, FaultCase)>,
    spared_services: Vec<String>,
}

/// The sites that a fault case is for.
#[derive(Debug, Clone, PartialEq)]
enum Sites {
    OfKind(SiteKind),
    OfService(String),
}

impl Sites {
    fn include(&self, operation: &OperationId) -> bool {
        match self {
            Self::OfKind(kind) => Some(*kind) == operation.kind,
            Self::OfService(service) => **service == *operation.service,
        }
    }
}

impl Faults {
    /// Longer than any caller should wait.
    const FOREVER: Duration = Duration::from_secs(60 * 60);

    /// Slow, but within the limits of most callers.
    const SLOW: Duration = Duration::from_secs(3);

    /// Returns the faults that every service meets sooner or later.
    ///
    /// | kind of site | faults |
    /// |---|---|
    /// | client | refused (not with `reqwest::client`), 503, 500, 404, 429, an outage (503), an outage (held for 1 h each), held for 3 s, held for 1 h; its reply: lost, held for 1 h, body cut off before its first byte, body cut off after 1 byte, body stalled |
    /// | database | deadlock, reset before, during and after, held for 3 s or for 1 h, an outage |
    /// | server | unavailable, its reply lost |
    /// | stream, such as a connection of `reqwest::client` | refused |
    /// | point | unavailable (also as an outage), held for 3 s or for 1 h, its reply lost |
    pub fn standard() -> Self {
        use SiteKind::{Client, Database, Point, Server, Stream};
        let fail = |failure, phase| FaultCase::once(Fault::error(failure), phase);
        let hang = |phase| FaultCase::once(Fault::latency(Self::FOREVER), phase);
        let slow = FaultCase::once(Fault::latency(Self::SLOW), Phase::Before);
        let outage = |failure| FaultCase::onwards(Fault::error(failure), Phase::Before);
        let hanging_outage = FaultCase::onwards(Fault::latency(Self::FOREVER), Phase::Before);
        let body = |disconnect| FaultCase::once(Fault::disconnect(disconnect), Phase::During);
        let (before, after) = (Phase::Before, Phase::After);
        [
            (Client, fail(Failure::Refused, before)),
            (Client, fail(Failure::Unavailable, before)),
            (Client, fail(Failure::Internal, before)),
            (Client, fail(Failure::NotFound, before)),
            (Client, fail(Failure::Overloaded, before)),
            (Client, slow.clone()),
            (Client, hang(before)),
            (Client, fail(Failure::Reset, after)),
            (Client, hang(after)),
            (Client, body(Disconnect::CutAfter(0))),
            (Client, body(Disconnect::CutAfter(1))),
            (Client, body(Disconnect::Stall)),
            (Client, outage(Failure::Unavailable)),
            (Client, hanging_outage),
            (Database, fail(Failure::Deadlock, before)),
            (Database, fail(Failure::Reset, before)),
            (Database, slow.clone()),
            (Database, hang(before)),
            (Database, fail(Failure::Reset, after)),
            (Database, fail(Failure::Reset, Phase::During)),
            (Database, outage(Failure::Unavailable)),
            (Server, fail(Failure::Unavailable, before)),
            (Server, fail(Failure::Reset, after)),
            (Stream, fail(Failure::Refused, before)),
            (Point, fail(Failure::Unavailable, before)),
            (Point, slow),
            (Point, hang(before)),
            (Point, fail(Failure::Reset, after)),
            (Point, outage(Failure::Unavailable)),
        ]
        .into_iter()
        .fold(Self::none(), |faults, (kind, case)| faults.and(kind, case))
    }

    /// Returns an empty list, to build one from scratch.
    pub fn none() -> Self {
        Self {
            cases: Vec::new(),
            spared_services: Vec::new(),
        }
    }

    /// Adds a fault case for every site of a kind, unless the list contains it.
    pub fn and(self, kind: SiteKind, fault_case: FaultCase) -> Self {
        self.add(Sites::OfKind(kind), fault_case)
    }

    /// Adds a fault case for the sites of one service, of any kind, unless the list contains it.
    pub fn and_at(self, service: &str, fault_case: FaultCase) -> Self {
        self.add(Sites::OfService(service.to_owned()), fault_case)
    }

    /// Removes all fault cases of a kind of site.
    pub fn without(mut self, kind: SiteKind) -> Self {
        self.cases
            .retain(|(sites, _)| *sites != Sites::OfKind(kind));
        self
    }

    /// Spares a service: none of the fault cases is tried there.
    pub fn without_service(mut self, service: &str) -> Self {
        self.spared_services.push(service.to_owned());
        self
    }

    /// Returns the names of services that the list has.
    pub(crate) fn services(&self) -> impl Iterator<Item = &str> {
        let named = self.cases.iter().filter_map(|(sites, _)| match sites {
            Sites::OfService(service) => Some(service),
            Sites::OfKind(_) => None,
        });
        named.chain(&self.spared_services).map(String::as_str)
    }

    fn add(mut self, sites: Sites, fault_case: FaultCase) -> Self {
        let new = (sites, fault_case);
        if !self.cases.contains(&new) {
            self.cases.push(new);
        }
        self
    }

    /// Returns the fault cases that can be injected into the operation, each once.
    pub(crate) fn supported_by<'a>(
        &'a self,
        operation: &'a RecordedOperation,
    ) -> impl Iterator<Item = &'a FaultCase> {
        let service = &*operation.id.service;
        let is_spared = self.spared_services.iter().any(|spared| spared == service);
        let applies = move |(sites, case): &(Sites, FaultCase)| {
            !is_spared && sites.include(&operation.id) && operation.supports(case)
        };
        self.cases
            .iter()
            .enumerate()
            .filter(move |(at, one)| {
                let is_repeated = |earlier: &(Sites, FaultCase)| {
                    earlier.1 == one.1 && earlier.0.include(&operation.id)
                };
                applies(one) && !self.cases[..*at].iter().any(is_repeated)
            })
            .map(|(_, (_, case))| case)
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self::standard()
    }
}
