//! The plan of a site: the running experiments that concern it, compiled and immutable.

use std::sync::{Arc, Weak};

use super::{Exemption, SiteIdentity, StreamPlaces};
use crate::blast_radius::RateOf;
use crate::draw::{Identity, Stream};
use crate::metrics::InjectionMetrics;
use crate::rate::Threshold;
use crate::running::{Encounter, Encounters, Running};
use crate::site::Support;
use crate::{BlastRadius, Failure, Fault, Operation, Phase, Scope, Tag};

/// The experiments that concern one site: phase by phase, those of one phase in name order.
#[derive(Default)]
pub(crate) struct SitePlan {
    entries: Box<[Entry]>,
    /// The number of entries that strike an operation; those after them strike before there is one.
    usual: usize,
}

impl SitePlan {
    /// Compiles the plan of a site; `running` comes in name order.
    pub(crate) fn compile<'a>(
        site: &SiteIdentity,
        running: impl Iterator<Item = &'a Arc<Running>>,
    ) -> Self {
        let mut entries: Box<[_]> = running.map(|running| Entry::new(running, site)).collect();
        entries.sort_by_key(Entry::phase);
        Self {
            usual: entries.partition_point(|entry| entry.phase < Phase::NotReady),
            entries,
        }
    }

    /// The experiments that strike an operation in the phase it asks for.
    #[inline]
    pub(crate) fn asked_by(&self, operation: &Operation<'_>) -> &[Entry] {
        match operation.phase_asked_for() {
            None => &self.entries[..self.usual],
            Some(only) => self.striking_in(only),
        }
    }

    #[cold]
    fn striking_in(&self, phase: Phase) -> &[Entry] {
        let start = self.entries.partition_point(|entry| entry.phase < phase);
        let end = self.entries.partition_point(|entry| entry.phase <= phase);
        &self.entries[start..end]
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

/// One experiment at one site.
pub(crate) struct Entry {
    stream: Stream,
    threshold: Threshold,
    phase: Phase,
    asks: Support,
    places: StreamPlaces,
    rate_of: RateOf,
    /// Whether its rate is a share of operations, each of which asks once.
    draws_operations: bool,
    /// The failures that it injects, if it injects nothing else.
    only_fails: Option<Box<[Failure]>>,
    radius: Arc<BlastRadius>,
    running: Weak<Running>,
    metrics: Arc<InjectionMetrics>,
    encounters: Arc<Encounters>,
}

/// Operations on a database that are no part of a transaction's work.
const OUTSIDE_TRANSACTIONS: [&str; 4] = ["acquire", "BEGIN", "PING", "PREPARE"];

/// Why an experiment does not cover an operation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Miss<'a> {
    Operation,
    Place,
    OutsideTransactions,
    Attribute(&'a str),
    Tag(&'a Tag),
    Exempt,
    Suffering,
}

impl Entry {
    fn new(running: &Arc<Running>, site: &SiteIdentity) -> Self {
        running.encounters.meet(Encounter::Site);
        let phase = running.experiment.strikes_in();
        let faults = running.experiment.faults().iter();
        let failures = faults.clone().map(|fault| match fault {
            Fault::Error(failure) => Some(*failure),
            _ => None,
        });
        Self {
            stream: running.stream_at(site),
            threshold: running.radius.operation_rate().threshold(),
            asks: faults.fold(Support::NONE, |asks, fault| asks.with(fault.kind(), phase)),
            places: StreamPlaces::of(running, site.kind()),
            rate_of: running.radius.rate_of(),
            draws_operations: running.radius.rate_of() == RateOf::Operations
                && phase != Phase::NotReady,
            only_fails: failures.collect(),
            phase,
            radius: Arc::clone(&running.radius),
            metrics: Arc::new(InjectionMetrics::of(
                &running.name,
                running.experiment.faults(),
                site,
            )),
            encounters: Arc::clone(&running.encounters),
            running: Arc::downgrade(running),
        }
    }

    /// The experiment, unless it has ended and been dropped.
    pub(crate) fn running(&self) -> Option<Arc<Running>> {
        self.running.upgrade()
    }

    /// The experiment, if it strikes only a share of the operations.
    pub(super) fn drawing(&self) -> Option<Arc<Running>> {
        let draws = self.radius.operation_rate() != crate::Rate::ALWAYS;
        draws.then(|| self.running()).flatten()
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    pub(crate) fn places(&self) -> StreamPlaces {
        self.places
    }

    pub(crate) fn rate_of(&self) -> RateOf {
        self.rate_of
    }

    pub(crate) fn metrics(&self) -> &Arc<InjectionMetrics> {
        &self.metrics
    }

    /// The draw of an operation, if the rate lets it through.
    #[inline]
    pub(crate) fn draws(&self, identity: Identity) -> Option<u64> {
        let draw = self.stream.draw(identity);
        self.threshold.admits(draw).then_some(draw)
    }

    /// Whether operations are drawn one by one, so that a share of them can be counted.
    #[inline]
    fn counts(&self, operation: &Operation<'_>) -> bool {
        self.draws_operations && operation.connection().is_none()
    }

    /// Counts an operation that the draw let pass, if the experiment covers it.
    #[inline(never)]
    pub(crate) fn passes(
        &self,
        operation: &Operation<'_>,
        scope: Option<&Scope>,
        exemption: &Exemption<'_>,
    ) {
        if self.counts(operation) && self.covers(operation, scope, exemption).is_ok() {
            self.encounters.count_missed();
        }
    }

    /// Whether the experiment covers an operation that happens now, which it remembers.
    #[inline]
    pub(crate) fn meets(
        &self,
        operation: &Operation<'_>,
        scope: Option<&Scope>,
        exemption: &Exemption<'_>,
    ) -> bool {
        let covered = self.covers(operation, scope, exemption);
        self.encounters.meet(match covered {
            Err(Miss::Operation) => Encounter::OtherOperation,
            Err(Miss::Suffering) if !self.names(operation) => Encounter::OtherOperation,
            Err(_) | Ok(()) => Encounter::Operation,
        });
        if covered.is_err() {
            return false;
        }
        if self.counts(operation) {
            self.encounters.count_drawn();
        } else {
            self.encounters.meet_uncounted();
        }
        true
    }

    #[inline]
    fn names(&self, operation: &Operation<'_>) -> bool {
        let glob = self.radius.operation_glob();
        glob.is_none_or(|glob| glob.matches(operation.name()))
    }

    /// Whether the experiment covers an operation; together with `draws`, this determines eligibility.
    pub(crate) fn covers<'e>(
        &'e self,
        operation: &Operation<'_>,
        scope: Option<&Scope>,
        exemption: &Exemption<'_>,
    ) -> Result<(), Miss<'e>> {
        let fails_otherwise = |failures| !operation.can_fail_as_any(failures);
        if !operation.can_suffer_any(self.asks)
            || self.only_fails.as_deref().is_some_and(fails_otherwise)
        {
            return Err(Miss::Suffering);
        }
        let radius = &self.radius;
        if !self.names(operation) {
            return Err(Miss::Operation);
        }
        if !self.places.include(operation.name()) {
            return Err(Miss::Place);
        }
        if self.rate_of == RateOf::Transactions && OUTSIDE_TRANSACTIONS.contains(&operation.name())
        {
            return Err(Miss::OutsideTransactions);
        }
        for (name, glob) in radius.attributes() {
            if !operation.attribute_is(name, |value| glob.matches(value)) {
                return Err(Miss::Attribute(name));
            }
        }
        for tag in radius.tags() {
            if !scope.is_some_and(|scope| scope.has_tag(tag)) {
                return Err(Miss::Tag(tag));
            }
        }
        if exemption.excludes(radius) {
            return Err(Miss::Exempt);
        }
        Ok(())
    }
}
