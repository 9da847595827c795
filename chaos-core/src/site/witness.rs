//! The hook for a crate that sees every operation of a manager and chooses the ones that faults strike.
//!
//! `chaos-explore` uses it. It lies on the cold path: a site without a witness only tests for its absence.

use std::fmt;
use std::sync::Arc;

use super::identity::SiteIdentity;
use crate::running::Running;
use crate::site::Support;
use crate::{Failure, Operation, Phase, Scope, SiteKind};

/// Sees every operation of a manager's sites before the decision.
pub trait Witness: Send + Sync {
    /// Sees an operation, and returns the placed experiments that strike it.
    fn meet(&self, operation: &MetOperation<'_>) -> Vec<PlacedExperiment>;

    /// Notes that a thread or a server works on a reply, unobserved by the runtime, until the result is dropped.
    fn note_outside_work(&self, certainty: Certainty) -> OutsideWork;

    /// Notes a call to a service that may be outside of the runtime, until the result is dropped.
    ///
    /// Dropped before [`OutsideWork::answered`], the call ended without a reply.
    fn note_outside_call(&self, service: &Arc<str>) -> OutsideWork;
}

/// What a witness keeps about work outside; dropping it ends the work.
pub trait OutsideNote: Send + Sync {
    /// Notes that the work ended with a reply.
    fn answered(&mut self) {}
}

/// Whether work that the runtime does not observe is known to be in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// It is certainly in progress.
    Certain,
    /// It may be in progress, or everything may merely wait.
    Possible,
}

/// An operation that is about to happen, as its witness sees it.
pub struct MetOperation<'a> {
    site: &'a SiteIdentity,
    operation: &'a Operation<'a>,
    scope: Option<&'a Scope>,
}

impl<'a> MetOperation<'a> {
    pub(crate) fn new(
        site: &'a SiteIdentity,
        operation: &'a Operation<'a>,
        scope: Option<&'a Scope>,
    ) -> Self {
        Self {
            site,
            operation,
            scope,
        }
    }

    /// The service of its site.
    #[must_use]
    pub fn service(&self) -> &'a Arc<str> {
        self.site.service()
    }

    /// The kind of its site.
    #[must_use]
    pub fn kind(&self) -> SiteKind {
        self.site.kind()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.operation.name()
    }

    /// The request that it belongs to.
    #[must_use]
    pub fn scope(&self) -> Option<&'a Scope> {
        self.scope
    }

    /// The only phase whose faults it asks for, if it asks for one.
    #[must_use]
    pub fn phase_asked_for(&self) -> Option<Phase> {
        self.operation.phase_asked_for()
    }

    /// The faults that its site can apply to it.
    #[must_use]
    pub fn support(&self) -> Support {
        self.operation.support_within(self.site.support())
    }

    /// The failures that it can end with, if they are restricted.
    #[must_use]
    pub fn fails_only_as(&self) -> Option<fn(Failure) -> bool> {
        self.operation.fails_only_as()
    }
}

/// A running experiment that strikes only the operations that its witness names.
#[derive(Debug, Clone)]
pub struct PlacedExperiment(pub(crate) Arc<Running>);

/// Work on a reply that the runtime does not observe, in progress until this is dropped.
#[must_use = "the work is over when this is dropped"]
pub struct OutsideWork {
    note: Box<dyn OutsideNote>,
}

impl OutsideWork {
    /// Wraps the note that a witness keeps.
    pub fn new(note: impl OutsideNote + 'static) -> Self {
        Self {
            note: Box::new(note),
        }
    }

    /// Notes that a reply has come; the work goes on until this is dropped.
    pub fn answered(&mut self) {
        self.note.answered();
    }
}

impl fmt::Debug for OutsideWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutsideWork").finish_non_exhaustive()
    }
}
