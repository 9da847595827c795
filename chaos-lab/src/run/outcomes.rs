//! The outcomes that the target counts itself, for runs without a load.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use chaos_core::adapter::HumanDuration;
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
            let due = HumanDuration(now.saturating_sub(age));
            OutcomeSample { due, failed }
        });
        samples.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The outcomes of a site, as the API writes them: second, failed, succeeded.
    fn site(kind: &str, seconds: &[(u64, u64, u64)]) -> SiteOutcomes {
        let counts = |failed, succeeded| serde_json::json!({ "failed": failed, "succeeded": succeeded, "latency": vec![0; 15] });
        let windows = seconds.iter().map(|(second, failed, succeeded)| {
            let start = format!("2026-11-29T12:00:{second:02}Z");
            let (treated, untreated) = (counts(*failed, 0), counts(0, *succeeded));
            serde_json::json!({ "start": start, "treated": treated, "untreated": untreated })
        });
        let windows: Vec<_> = windows.collect();
        let site = serde_json::json!({ "service": "shop", "kind": kind, "windows": windows });
        serde_json::from_value(site).unwrap()
    }

    fn read(outcomes: &mut OwnOutcomes, sites: &[SiteOutcomes], now: u64) -> Vec<(u64, u64, u64)> {
        let samples = outcomes.new_seconds(sites, Duration::from_secs(now));
        let seconds = samples.iter().map(|sample| {
            let failed = sample.failed;
            (sample.due.0.as_secs(), failed.count(), failed.of())
        });
        seconds.collect()
    }

    #[test]
    fn each_second_of_the_servers_is_read_once_and_when_it_is_over() {
        let mut outcomes = OwnOutcomes::default();
        let client = site("client", &[(1, 9, 9), (2, 9, 9)]);
        let first = [site("server", &[(1, 2, 3), (2, 1, 0)]), client.clone()];
        assert_eq!(read(&mut outcomes, &first, 10), [(9, 2, 5)]);
        let second = [
            site("server", &[(1, 2, 3), (2, 4, 4), (4, 1, 1)]),
            site("server", &[(2, 0, 1)]),
            client,
        ];
        assert_eq!(read(&mut outcomes, &second, 12), [(10, 4, 9)]);
        assert!(read(&mut outcomes, &second, 12).is_empty());
    }
}
