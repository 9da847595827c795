//! Operations that failed without any fault, as those of a dependency do that is down.

use std::fmt;

use chaos_core::{OutcomeCounts, SiteKind, SiteOutcomes};
use serde::Serialize;

use crate::placement::operation_id::OperationId;
use crate::report::Report;

/// The operations at one site that failed without any fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SiteFailures {
    service: String,
    kind: SiteKind,
    failed: u64,
    succeeded: u64,
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

impl Report {
    /// Returns whether every operation at the site of this one failed without any fault.
    pub(crate) fn fails_without_faults(&self, operation: &OperationId) -> bool {
        self.failed_without_faults.iter().any(|site| {
            site.succeeded == 0
                && *site.service == *operation.service
                && Some(site.kind) == operation.kind
        })
    }

    /// Writes where operations failed without any fault.
    pub(super) fn write_failed_without_faults(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.failed_without_faults.is_empty() {
            return Ok(());
        }
        let sites = self.failed_without_faults.iter().map(|site| {
            let all = site.failed + site.succeeded;
            format!(
                "{} of {all} at `{}/{}`",
                site.failed, site.service, site.kind
            )
        });
        let sites: Vec<_> = sites.collect();
        writeln!(
            out,
            "Operations failed without any fault: {}. A dependency that is down in every run hides what its faults do.\n",
            sites.join(", ")
        )
    }
}
