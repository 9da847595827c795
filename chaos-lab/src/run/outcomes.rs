//! The outcomes that the target counts itself, for runs without a load.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use chaos_core::{SiteKind, SiteOutcomes};

use crate::record::OutcomeSample;
use crate::statistics::Proportion;

/// The seconds of the target's own outcomes that were recorded so far.
#[derive(Default)]
pub(super) struct OwnOutcomes {
    /// The beginning of the last one.
    last: Option<SystemTime>,
}

impl OwnOutcomes {
    /// The whole seconds since the last call, oldest first; `now` is since the start of the run.
    pub(super) fn new_seconds(
        &mut self,
        sites: &[SiteOutcomes],
        now: Duration,
    ) -> Vec<OutcomeSample> {
        let servers = sites.iter().filter(|site| site.kind == SiteKind::Server);
        let mut seconds: BTreeMap<SystemTime, Proportion> = BTreeMap::new();
        for window in servers.flat_map(|site| &site.windows) {
            let failed = seconds.entry(window.start).or_default();
            for counts in [&window.treated, &window.untreated] {
                let all = counts.failed + counts.succeeded;
                failed.add(Proportion::new(counts.failed, all).unwrap_or_default());
            }
        }
        // The latest second may not be over, and its age is unknown, as the clocks of lab and target differ.
        let Some((newest, _)) = seconds.pop_last() else {
            return Vec::new();
        };
        let last = self.last;
        let new = seconds
            .into_iter()
            .filter(|(start, _)| last.is_none_or(|last| *start > last));
        let samples = new.map(|(start, failed)| {
            self.last = Some(start);
            let age = newest.duration_since(start).unwrap_or_default();
            OutcomeSample::new(now.saturating_sub(age), failed)
        });
        samples.collect()
    }
}
