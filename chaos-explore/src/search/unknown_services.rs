//! Services in the list of faults that the test doesn't have.

use std::collections::BTreeSet;

use crate::report::gap::Gap;
use crate::search::Search;
use crate::similar_names::nearest;

impl Search<'_> {
    /// Adds a gap for the services that no run has met.
    pub(super) fn record_unknown_services(&mut self) {
        let known = &self.services;
        let named: BTreeSet<_> = self.faults.services().collect();
        let unknown = named.into_iter().filter(|named| !known.contains(*named));
        let described =
            unknown.map(
                |unknown| match nearest(unknown, known.iter().map(String::as_str)) {
                    Some(nearest) => format!("`{unknown}` (did you mean `{nearest}`?)"),
                    None => format!("`{unknown}`"),
                },
            );
        let described: Vec<_> = described.collect();
        if !described.is_empty() {
            self.report.unknown_services = described;
            self.report.add_gap(Gap::UnknownService);
        }
    }
}
