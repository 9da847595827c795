//! The state of a site: its flag word, its plan and the judges that it reports to.

use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;

use super::dominant_key::DominantKey;
use super::identity::SiteIdentity;
use super::idle_tasks::IdleTasks;
use super::met_names::MetNames;
use super::misuse::{Misuse, Misuses};
use super::observers::Observers;
use super::outcome_windows::OutcomeWindows;
use super::plan::{Entry, SitePlan};
use super::stream_operations::STREAM_OPERATIONS;
use super::{Certainty, Needs, Operation, OutsideWork, Witness};
use crate::draw::{Identity, stable_hash};
use crate::journal::Event;
use crate::judge::Judge;
use crate::outcome::{Outcome, Population};
use crate::{Scope, SiteKind, delay};

/// The state that all handles of one site share; it holds no manager.
pub(crate) struct SiteState {
    needs: AtomicU32,
    always: AtomicU32,
    id: u64,
    version: AtomicU64,
    sequence: AtomicU64,
    idle_tasks: IdleTasks,
    // Both are made when first needed: dropping one costs more than the rest of a site.
    plan: OnceLock<ArcSwap<SitePlan>>,
    observers: OnceLock<ArcSwap<Observers>>,
    identity: SiteIdentity,
    witness: Option<Arc<dyn Witness>>,
    dominant_key: DominantKey,
    met_names: MetNames,
    misuses: Misuses,
    /// Whether it is protected or has a witness: one test in place of two on the path of every decision.
    is_special: bool,
}

/// Whether an operation takes its numbers, in the sequence of its site and among the calls of its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbering {
    Next,
    /// The numbers that the next operation would take.
    Peek,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

impl SiteState {
    /// A site that nothing concerns yet; a witness sees each of its operations.
    pub(crate) fn new(identity: SiteIdentity, witness: Option<Arc<dyn Witness>>) -> Self {
        let site = Self {
            needs: AtomicU32::new(0),
            always: AtomicU32::new(0),
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            version: AtomicU64::new(0),
            sequence: AtomicU64::new(0),
            idle_tasks: IdleTasks::default(),
            plan: OnceLock::new(),
            observers: OnceLock::new(),
            is_special: identity.is_protected() || witness.is_some(),
            identity,
            witness,
            dominant_key: DominantKey::default(),
            met_names: MetNames::default(),
            misuses: Misuses::default(),
        };
        if site.witness.is_some() {
            // With a scope, operations of different requests are distinguishable.
            site.always_needs(Needs::DECISION | Needs::SCOPE);
        }
        site
    }

    /// The tasks that wait on idle connections here.
    pub(crate) fn idle_tasks(&self) -> &IdleTasks {
        &self.idle_tasks
    }

    pub(crate) fn always_scoped(&self) {
        self.always_needs(Needs::SCOPE);
    }

    /// Whether decisions here depend on its protection or its witness.
    #[inline]
    pub(crate) fn is_special(&self) -> bool {
        self.is_special
    }

    pub(crate) fn has_witness(&self) -> bool {
        self.witness.is_some()
    }

    pub(crate) fn works_outside(&self) -> Option<OutsideWork> {
        self.outside_work(Certainty::Certain)
    }

    pub(crate) fn may_work_outside(&self) -> Option<OutsideWork> {
        self.outside_work(Certainty::Possible)
    }

    pub(crate) fn calls_outside(&self) -> Option<OutsideWork> {
        Some(self.witness.as_ref()?.note_outside_call(self.service()))
    }

    fn outside_work(&self, certainty: Certainty) -> Option<OutsideWork> {
        Some(self.witness.as_ref()?.note_outside_work(certainty))
    }

    pub(crate) fn witness(&self) -> Option<&dyn Witness> {
        self.witness.as_deref()
    }

    #[inline(always)]
    pub(crate) fn needs(&self) -> Option<Needs> {
        Needs::of(self.needs.load(Ordering::Relaxed))
    }

    /// A number that is unique among the sites of the process.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Changes with every new plan.
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    pub(crate) fn plan(&self) -> Arc<SitePlan> {
        let plan = self.plan.get().map(ArcSwap::load_full);
        plan.unwrap_or_default()
    }

    /// Puts a new plan in force for all later decisions.
    pub(crate) fn follow(&self, plan: SitePlan, judges: Vec<Arc<Judge>>) {
        self.plan
            .get_or_init(ArcSwap::default)
            .store(Arc::new(plan));
        self.version.fetch_add(1, Ordering::Release);
        self.change_observers(|observers| observers.judges = judges);
    }

    pub(crate) fn set_needs(&self, flags: u32) {
        self.needs.store(flags, Ordering::Release);
        // After the store, so that a concurrent `always_needs` is never lost.
        self.needs
            .fetch_or(self.always.load(Ordering::Acquire), Ordering::Release);
    }

    /// Adds needs that stay, whatever is running.
    fn always_needs(&self, flags: u32) {
        self.always.fetch_or(flags, Ordering::AcqRel);
        self.needs.fetch_or(flags, Ordering::AcqRel);
    }

    /// The observers of this site's operations.
    pub(crate) fn observers(&self) -> Arc<Observers> {
        let observers = self.observers.get().map(ArcSwap::load_full);
        observers.unwrap_or_default()
    }

    /// Records the outcome of one of this site's operations.
    pub(super) fn record_outcome(
        &self,
        now: Instant,
        outcome: Outcome,
        took: Duration,
        population: Population,
    ) {
        if let Some(observers) = self.observers.get() {
            observers.load().record(now, outcome, took, population);
        }
    }

    /// Changes the observers; only the manager does, under the lock of its table.
    fn change_observers(&self, change: impl FnOnce(&mut Observers)) {
        let was = self.observers();
        let mut observers = Observers::clone(&was);
        change(&mut observers);
        if !(was.is_empty() && observers.is_empty()) {
            let observed = self.observers.get_or_init(ArcSwap::default);
            observed.store(Arc::new(observers));
        }
    }

    /// Starts to keep the outcomes of this site's operations.
    pub(crate) fn begin_outcomes(&self) {
        let windows = OutcomeWindows::begin(delay::now());
        self.change_observers(|observers| observers.windows = Some(Arc::new(windows)));
    }

    /// Gives up the outcomes that were kept.
    pub(crate) fn end_outcomes(&self) {
        self.change_observers(|observers| observers.windows = None);
    }

    /// Looks at the keys of some operations, to report one that more than half of them have.
    #[inline]
    pub(crate) fn watch_keys(&self, plan: &SitePlan, scope: Option<&Scope>) {
        if let Some(scope) = scope
            && DominantKey::is_due()
            && !scope.is_fresh()
        {
            self.look_at_key(plan, scope);
        }
    }

    #[cold]
    fn look_at_key(&self, plan: &SitePlan, scope: &Scope) {
        // Only a rate draws; a connection is one operation of its own.
        if self.kind() != SiteKind::Stream
            && let Some(drawing) = plan.entries().iter().find_map(Entry::drawing)
            && let Some(key) = self.dominant_key.look(scope)
        {
            drawing.journal.record(Event::DominantKey {
                service: self.service().to_string(),
                kind: self.kind(),
                key: key.to_owned(),
            });
        }
    }

    /// The key that more than half of the operations have, if one was found.
    pub(crate) fn dominant_key(&self) -> Option<&str> {
        self.dominant_key.get()
    }

    /// Whether operations were decided on here, but none of this name.
    pub(crate) fn has_met_only_others(&self, operation: &Operation<'_>) -> bool {
        if self.kind() == SiteKind::Stream {
            return !STREAM_OPERATIONS.contains(&operation.name());
        }
        self.met_names.are_others(stable_hash(operation.name()))
    }

    /// Whether an adapter is to mark the next call, to recognise it in a second layer.
    pub(crate) fn seek_second_layer(&self) -> bool {
        self.misuses.seek_second_layer()
    }

    /// Journals the first report of each misuse.
    #[cold]
    pub(crate) fn report(&self, misuse: Misuse) {
        if self.misuses.report(misuse)
            && let Some(running) = self.plan().entries().iter().find_map(Entry::running)
        {
            running.journal.record(Event::Misuse {
                service: self.service().to_string(),
                kind: self.kind(),
                misuse,
            });
        }
    }

    pub(crate) fn misuses(&self) -> impl Iterator<Item = Misuse> {
        self.misuses.reported()
    }

    /// The identity of an operation's draws.
    #[inline]
    pub(crate) fn draw_identity(
        &self,
        operation: &Operation<'_>,
        scope: Option<&Scope>,
        numbering: Numbering,
    ) -> Identity {
        if let Some(connection) = operation.connection() {
            return connection.identity();
        }
        let in_sequence = || match (numbering, operation.phase_asked_for()) {
            (Numbering::Next, None) => self.next_in_sequence(),
            // A question about one phase, such as readiness, comes before the operation that takes the number.
            _ => self.peek_sequence(),
        };
        if self.kind() == SiteKind::Stream {
            // A connection is one thing that happens, whatever is done with it.
            return Identity::of(stable_hash(""), scope, |_| 0, in_sequence);
        }
        let name = stable_hash(operation.name());
        let calls = |scope: &Scope| match numbering {
            Numbering::Next => scope.count_call(name ^ self.hash()),
            Numbering::Peek => scope.peek_calls(name ^ self.hash()),
        };
        if numbering == Numbering::Next && operation.phase_asked_for().is_none() {
            self.met_names.meet(name);
        }
        Identity::of(name, scope, calls, in_sequence)
    }

    /// Takes the next number for an operation without a key.
    pub(crate) fn next_in_sequence(&self) -> u64 {
        self.sequence.fetch_add(1, Ordering::Relaxed)
    }

    /// The number that the next operation without a key would get.
    pub(crate) fn peek_sequence(&self) -> u64 {
        self.sequence.load(Ordering::Relaxed)
    }
}

impl Deref for SiteState {
    type Target = SiteIdentity;

    fn deref(&self) -> &SiteIdentity {
        &self.identity
    }
}

impl fmt::Debug for SiteState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site")
            .field("service", self.service())
            .field("kind", &self.kind())
            .field("needs", &self.needs())
            .finish_non_exhaustive()
    }
}
