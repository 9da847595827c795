//! The selector of a blast radius: its sites, before they are narrowed.

use std::collections::BTreeSet;

use super::{InvalidBlastRadius, SiteKind};
use crate::Consent;

/// The selected sites; a radius has exactly one selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Selector {
    Sites { service: String, kind: SiteKind },
    Services(BTreeSet<String>),
    Everything(Consent),
}

impl Selector {
    /// The keys of selectors, as written in files.
    pub(super) const KEYS: [&str; 7] = [
        "calls_to",
        "requests_to",
        "queries_on",
        "streams_to",
        "points_at",
        "services",
        "everything",
    ];

    pub(super) fn key(&self) -> &'static str {
        match self {
            Self::Sites { kind, .. } => Self::key_for(*kind),
            Self::Services(_) => "services",
            Self::Everything(_) => "everything",
        }
    }

    /// The key that selects sites of this kind.
    pub(super) fn key_for(kind: SiteKind) -> &'static str {
        match kind {
            SiteKind::Client => "calls_to",
            SiteKind::Server => "requests_to",
            SiteKind::Database => "queries_on",
            SiteKind::Stream => "streams_to",
            SiteKind::Point => "points_at",
        }
    }

    pub(super) fn selects(&self, service: &str, kind: SiteKind) -> bool {
        match self {
            Self::Sites {
                service: named,
                kind: wanted,
            } => named == service && *wanted == kind,
            Self::Services(services) => services.contains(service),
            Self::Everything(_) => true,
        }
    }

    pub(super) fn names(&self, service: &str) -> bool {
        match self {
            Self::Sites { service: named, .. } => named == service,
            Self::Services(services) => services.contains(service),
            Self::Everything(_) => false,
        }
    }

    pub(super) fn check(&self) -> Result<(), InvalidBlastRadius> {
        let key = self.key();
        match self {
            Self::Sites { service, .. } if service.is_empty() => {
                Err(InvalidBlastRadius::NoServiceName { key })
            }
            Self::Services(services) if services.is_empty() => Err(InvalidBlastRadius::NoServices),
            Self::Services(services) if services.contains("") => {
                Err(InvalidBlastRadius::NoServiceName { key })
            }
            _ => Ok(()),
        }
    }
}
