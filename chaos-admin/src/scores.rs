//! How much customers feel of the faults, and how well the service does.

use std::time::{Duration, SystemTime};

use chaos_core::{OutcomeCounts, SiteKind, SiteOutcomes};

/// The time before now whose outcomes count.
const WINDOW: Duration = Duration::from_secs(60);

/// Two percentages of the operations of the last minute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scores {
    /// Those that faults made fail or slow.
    pub(crate) customer_impact: f64,
    /// Those that neither failed nor were slow.
    pub(crate) system_health: f64,
}

/// The operations of one population.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    all: u64,
    bad: u64,
}

impl Tally {
    fn add(&mut self, counts: &OutcomeCounts) {
        self.all += counts.succeeded + counts.failed;
        self.bad += counts.failed + counts.slow;
    }

    /// The share of bad operations; none of none.
    fn share(self) -> f64 {
        self.bad as f64 / self.all.max(1) as f64
    }
}

impl Scores {
    /// The scores of the last minute, if anything was counted in it.
    ///
    /// Customers call the server sites; a service without any is judged by all its sites.
    pub(crate) fn of(sites: &[SiteOutcomes], now: SystemTime) -> Option<Self> {
        let since = now - WINDOW;
        Self::at(sites, since, |kind| kind == SiteKind::Server)
            .or_else(|| Self::at(sites, since, |_| true))
    }

    fn at(
        sites: &[SiteOutcomes],
        since: SystemTime,
        counts: impl Fn(SiteKind) -> bool,
    ) -> Option<Self> {
        let (mut treated, mut untreated) = (Tally::default(), Tally::default());
        let sites = sites.iter().filter(|site| counts(site.kind));
        for window in sites.flat_map(|site| &site.windows) {
            if window.start >= since {
                treated.add(&window.treated);
                untreated.add(&window.untreated);
            }
        }
        let all = treated.all + untreated.all;
        if all == 0 {
            return None;
        }
        let excess = (treated.share() - untreated.share()).max(0.0);
        let bad = treated.bad + untreated.bad;
        Some(Self {
            customer_impact: 100.0 * excess * treated.all as f64 / all as f64,
            system_health: 100.0 * (all - bad) as f64 / all as f64,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Duration = Duration::from_secs(1_000_000);

    /// A site with outcomes of one second: succeeded, failed and slow ones of the treated and the untreated.
    fn site(kind: &str, age: u64, treated: [u64; 3], untreated: [u64; 3]) -> SiteOutcomes {
        let counts = |[succeeded, failed, slow]: [u64; 3]| {
            let latency = vec![0; OutcomeCounts::LATENCY_BOUNDS.len() + 1];
            json!({ "succeeded": succeeded, "failed": failed, "slow": slow, "latency": latency })
        };
        let start = NOW.as_secs() - age;
        let (hour, minute, second) = (start / 3600 % 24, start / 60 % 60, start % 60);
        let day = 1 + start / 86_400;
        let start = format!("1970-01-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
        let window =
            json!({ "start": start, "treated": counts(treated), "untreated": counts(untreated) });
        serde_json::from_value(json!({ "service": "orders", "kind": kind, "windows": [window] }))
            .unwrap()
    }

    fn scores(sites: &[SiteOutcomes]) -> Option<(f64, f64)> {
        let scores = Scores::of(sites, SystemTime::UNIX_EPOCH + NOW)?;
        let round = |score: f64| (score * 1e6).round() / 1e6;
        Some((round(scores.customer_impact), round(scores.system_health)))
    }

    #[test]
    fn the_impact_is_what_the_treated_have_beyond_the_untreated() {
        // 20 of 100 are treated: 10 failed and 6 were slow; of the others, a tenth is bad anyway.
        let mixed = site("server", 5, [10, 10, 6], [80, 0, 8]);
        assert_eq!(scores(&[mixed]), Some((14.0, 76.0)));
    }

    #[test]
    fn without_untreated_operations_every_bad_one_counts_and_without_treated_ones_none() {
        let treated = site("server", 5, [3, 1, 0], [0; 3]);
        assert_eq!(scores(&[treated]), Some((25.0, 75.0)));
        let untreated = site("server", 5, [0; 3], [3, 1, 0]);
        assert_eq!(scores(&[untreated]), Some((0.0, 75.0)));
    }

    #[test]
    fn treated_operations_that_do_better_have_no_negative_impact() {
        let better = site("server", 5, [10, 0, 0], [5, 5, 0]);
        assert_eq!(scores(&[better]), Some((0.0, 75.0)));
    }

    #[test]
    fn nothing_counted_within_a_minute_gives_no_score() {
        assert_eq!(scores(&[]), None);
        assert_eq!(scores(&[site("server", 5, [0; 3], [0; 3])]), None);
        let outcomes = |age| site("server", age, [1, 0, 0], [0; 3]);
        assert_eq!(scores(&[outcomes(61)]), None);
        assert!(scores(&[outcomes(60)]).is_some());
    }

    #[test]
    fn other_sites_count_only_without_a_server_site() {
        let database = || site("database", 5, [0, 9, 0], [0; 3]);
        let server = site("server", 5, [1, 0, 0], [0; 3]);
        assert_eq!(scores(&[database(), server]), Some((0.0, 100.0)));
        assert_eq!(scores(&[database()]), Some((100.0, 0.0)));
    }
}
