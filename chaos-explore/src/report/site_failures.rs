//! The operations at one site that failed without any fault.

use chaos_core::{OutcomeCounts, SiteKind, SiteOutcomes};
use serde::Serialize;

/// The operations at one site that failed without any fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SiteFailures {
    pub(crate) service: String,
    pub(crate) kind: SiteKind,
    pub(crate) failed: u64,
    pub(crate) succeeded: u64,
}

impl SiteFailures {
    /// Returns the failures at the sites that had any.
    pub(crate) fn all_of(outcomes: Vec<SiteOutcomes>) -> Vec<Self> {
        let sites = outcomes.into_iter().map(|site| {
            let sum = |count: fn(&OutcomeCounts) -> u64| {
                let windows = site.windows.iter();
                windows.map(|one| count(&one.untreated)).sum()
            };
            Self {
                failed: sum(|counts| counts.failed),
                succeeded: sum(|counts| counts.succeeded),
                service: site.service,
                kind: site.kind,
            }
        });
        sites.filter(|site| site.failed > 0).collect()
    }
}
