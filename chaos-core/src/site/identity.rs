//! The identity of a site: its service, its kind, what it supports and whether it is protected.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Support;
use crate::draw::stable_hash;
use crate::{Operation, OperationGlob, SiteKind};

/// The parts of a site that do not depend on what is running.
pub(crate) struct SiteIdentity {
    service: Arc<str>,
    kind: SiteKind,
    hash: u64,
    support: AtomicU64,
    protection: Protection,
}

/// Which operations of a site faults may hit.
#[derive(Debug, Clone)]
pub(crate) enum Protection {
    /// None, regardless of the experiment.
    Whole,
    /// All, except that these are hit only by an experiment that names them.
    Exempt(Arc<[OperationGlob]>),
}

impl SiteIdentity {
    pub(crate) fn new(
        service: Arc<str>,
        kind: SiteKind,
        support: Support,
        protection: Protection,
    ) -> Self {
        Self {
            hash: stable_hash(&format!("{kind}:{service}")),
            service,
            kind,
            support: AtomicU64::new(support.bits()),
            protection,
        }
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

    /// Adds what another adapter that registers the same site can apply.
    pub(crate) fn add_support(&self, more: Support) {
        self.support.fetch_or(more.bits(), Ordering::Relaxed);
    }

    pub(crate) fn is_protected(&self) -> bool {
        matches!(self.protection, Protection::Whole)
    }

    /// Whether only an experiment that names an operation may hit it.
    ///
    /// Both the operation's name and its path under that name count.
    pub(crate) fn exempts(&self, operation: &Operation<'_>) -> bool {
        let Protection::Exempt(globs) = &self.protection else {
            return false;
        };
        let covers = |name: &str| globs.iter().any(|glob| glob.matches(name));
        covers(operation.name())
            || operation
                .attribute("method")
                .zip(operation.attribute("path"))
                // The name usually ends with the path already.
                .filter(|(method, path)| {
                    let name = operation.name().strip_prefix(method);
                    name.and_then(|name| name.strip_prefix(' ')) != Some(path)
                })
                .is_some_and(|(method, path)| covers(&format!("{method} {path}")))
    }
}
