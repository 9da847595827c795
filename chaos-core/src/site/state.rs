//! What a site knows: its flag word, its plan, the judges it feeds.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use arc_swap::ArcSwap;

use super::{Needs, Operation, Support};
use crate::decision::SitePlan;
use crate::draw::stable_hash;
#[cfg(feature = "explore")]
use crate::explore::Exploring;
use crate::judge::Judge;
use crate::{OperationGlob, SiteKind};

/// Shared by all handles of one site; outlives no manager but holds none.
pub(crate) struct SiteState {
    needs: AtomicU32,
    always: AtomicU32,
    id: u64,
    version: AtomicU64,
    sequence: AtomicU64,
    plan: ArcSwap<SitePlan>,
    judges: ArcSwap<Vec<Arc<Judge>>>,
    service: Arc<str>,
    kind: SiteKind,
    support: AtomicU64,
    guard: Protection,
    hash: u64,
    #[cfg(feature = "explore")]
    exploring: Option<Exploring>,
}

/// Whether a site may be hit at all, and where it may not.
#[derive(Debug, Clone)]
pub(crate) enum Protection {
    /// Never hit, whatever an experiment says.
    Whole,
    /// Operations that are hit only by an experiment that names them.
    Exempt(Arc<[OperationGlob]>),
}

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

impl SiteState {
    pub(crate) fn new(
        service: Arc<str>,
        kind: SiteKind,
        support: Support,
        guard: Protection,
    ) -> Self {
        Self {
            needs: AtomicU32::new(0),
            always: AtomicU32::new(0),
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            version: AtomicU64::new(0),
            sequence: AtomicU64::new(0),
            plan: ArcSwap::from_pointee(SitePlan::default()),
            judges: ArcSwap::default(),
            hash: stable_hash(&format!("{kind}:{service}")),
            service,
            kind,
            support: AtomicU64::new(support.bits()),
            guard,
            #[cfg(feature = "explore")]
            exploring: None,
        }
    }

    /// Has an exploration meet every operation of this site.
    #[cfg(feature = "explore")]
    pub(crate) fn explored(mut self, exploring: Option<&Exploring>) -> Self {
        if exploring.is_some() {
            // Whoever asks here has a scope, so that its operations can be told apart.
            self.always_needs(Needs::DECISION | Needs::SCOPE);
        }
        self.exploring = exploring.cloned();
        self
    }

    /// The exploration that this site is part of.
    #[cfg(feature = "explore")]
    pub(crate) fn exploring(&self) -> Option<&Exploring> {
        self.exploring.as_ref()
    }

    #[inline(always)]
    pub(crate) fn needs(&self) -> Option<Needs> {
        Needs::of(|| self.needs.load(Ordering::Relaxed))
    }

    /// Tells this site from all others of the process.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Changes whenever the plan has.
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    pub(crate) fn plan(&self) -> Arc<SitePlan> {
        self.plan.load_full()
    }

    /// Puts a new plan in force; what is decided from now on follows it.
    pub(crate) fn follow(&self, plan: SitePlan, judges: Vec<Arc<Judge>>) {
        self.plan.store(Arc::new(plan));
        self.version.fetch_add(1, Ordering::Release);
        self.judges.store(Arc::new(judges));
    }

    pub(crate) fn set_needs(&self, flags: u32) {
        self.needs.store(flags, Ordering::Release);
        // Added after the store: whoever adds to `always` in the meantime adds to `needs` as well.
        self.needs
            .fetch_or(self.always.load(Ordering::Acquire), Ordering::Release);
    }

    /// Needs these from now on, whatever runs.
    pub(crate) fn always_needs(&self, flags: u32) {
        self.always.fetch_or(flags, Ordering::AcqRel);
        self.needs.fetch_or(flags, Ordering::AcqRel);
    }

    /// The conditions that judge what comes of this site's operations.
    pub(crate) fn judges(&self) -> arc_swap::Guard<Arc<Vec<Arc<Judge>>>> {
        self.judges.load()
    }

    /// The number of the next operation that has no key of its own.
    pub(crate) fn next_in_sequence(&self) -> u64 {
        self.sequence.fetch_add(1, Ordering::Relaxed)
    }

    /// The number that the next operation without a key would get.
    pub(crate) fn peek_sequence(&self) -> u64 {
        self.sequence.load(Ordering::Relaxed)
    }

    pub(crate) fn service(&self) -> &Arc<str> {
        &self.service
    }

    pub(crate) fn kind(&self) -> SiteKind {
        self.kind
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    pub(crate) fn support(&self) -> Support {
        Support::from_bits(self.support.load(Ordering::Relaxed))
    }

    /// A site may be registered again by another adapter, which can do more.
    pub(crate) fn add_support(&self, more: Support) {
        self.support.fetch_or(more.bits(), Ordering::Relaxed);
    }

    pub(crate) fn is_protected(&self) -> bool {
        matches!(self.guard, Protection::Whole)
    }

    /// Whether an operation is hit only by an experiment that names it: by its name, or by the path that it has under
    /// that name.
    pub(crate) fn exempts(&self, operation: &Operation<'_>) -> bool {
        let Protection::Exempt(globs) = &self.guard else {
            return false;
        };
        let covers = |name: &str| globs.iter().any(|glob| glob.matches(name));
        covers(operation.name())
            || operation
                .attribute("method")
                .zip(operation.attribute("path"))
                // Mostly the path is what the operation is called after.
                .filter(|(method, path)| {
                    let name = operation.name().strip_prefix(method);
                    name.and_then(|name| name.strip_prefix(' ')) != Some(path)
                })
                .is_some_and(|(method, path)| covers(&format!("{method} {path}")))
    }
}

impl fmt::Debug for SiteState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site")
            .field("service", &self.service)
            .field("kind", &self.kind)
            .field("needs", &self.needs())
            .finish_non_exhaustive()
    }
}
