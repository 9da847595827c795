//! Operations that failed without any fault, as those of a dependency do that is down.

use std::fmt;

use crate::placement::operation_id::OperationId;
use crate::report::Report;

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
