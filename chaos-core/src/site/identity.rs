//! The identity of a site: its service, its kind, what it supports and whether it is protected.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::health_routes::{is_health_route, is_own_route};
use super::{Support, stream_operations};
use crate::draw::stable_hash;
use crate::{Failure, Fault, OperationGlob, Phase, SiteKind};

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
    /// All.
    None,
    /// All, except that only an experiment that names them hits health routes and what these globs match.
    Exempt(Arc<[OperationGlob]>),
    /// None, regardless of the experiment.
    Whole,
}

/// Why a site can't apply a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsupported {
    /// Not in this phase, but perhaps in another.
    InPhase { possible_in: Option<Phase> },
    /// Its requests share open connections, which can't be refused any more.
    Refusal,
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

    /// Why a fault with these parameters can't be applied in a phase at the operations that match, if it can't.
    ///
    /// Pressures have no operation, so a site need not support them.
    pub(crate) fn refuses(
        &self,
        fault: &Fault,
        phase: Phase,
        operation: Option<&OperationGlob>,
    ) -> Option<Unsupported> {
        if fault.pressure().is_some() {
            return None;
        }
        let mut support = self.support();
        // Before a response, no bytes are counted; a stream counts them from its first operation on.
        let mut has_no_bytes = phase != Phase::During && self.kind != SiteKind::Stream;
        if let (SiteKind::Stream, Some(glob)) = (self.kind, operation) {
            support = support.in_common_with(stream_operations::support_at(glob));
            has_no_bytes = !stream_operations::has_bytes(glob);
        }
        if !support.includes(fault.kind(), phase) || has_no_bytes && fault.counts_bytes() {
            let during = support.includes(fault.kind(), Phase::During);
            return Some(Unsupported::InPhase {
                possible_in: (during && phase != Phase::During).then_some(Phase::During),
            });
        }
        let is_refusal = matches!(fault, Fault::Error(Failure::Refused));
        (is_refusal && !support.includes_refusals()).then_some(Unsupported::Refusal)
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

    /// Whether an operation steers chaos itself, so that not even an experiment that names it hits it.
    pub(crate) fn steers_chaos(&self, name: &str) -> bool {
        self.kind == SiteKind::Server && is_own_route(name.split_once(' ').unwrap_or(("", name)).1)
    }

    /// Whether only an experiment that names an operation may hit it.
    ///
    /// Both the operation's name and the method and path under that name count, as a route may have a parameter where the
    /// path has `health`.
    pub(crate) fn exempts<'a>(
        &self,
        name: &str,
        under: impl FnOnce() -> Option<(&'a str, &'a str)>,
    ) -> bool {
        let Protection::Exempt(more) = &self.protection else {
            return false;
        };
        let exempts = |method: &str, path: &str| {
            (path.starts_with('/') && is_health_route(method, path))
                || more.iter().any(|glob| covers(glob, method, path))
        };
        let (method, path) = name.split_once(' ').unwrap_or(("", name));
        exempts(method, path)
            || under()
                // The name usually ends with the path already.
                .filter(|under| *under != (method, path))
                .is_some_and(|(method, path)| exempts(method, path))
    }
}

/// Whether an exempted name is that of an operation, regardless of case and of a trailing slash.
fn covers(glob: &OperationGlob, method: &str, path: &str) -> bool {
    let space = if method.is_empty() { "" } else { " " };
    let matches = |path: &str| {
        let name = method.bytes().chain(space.bytes()).chain(path.bytes());
        glob.matches_ignoring_case(name)
    };
    matches(path) || path.strip_suffix('/').is_some_and(matches)
}
