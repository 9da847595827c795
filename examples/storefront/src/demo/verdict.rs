//! Whether a step went as expected.

use std::time::Duration;

use chaos_core::pressure::PressureLevel;

use super::load::PER_SECOND;
use super::stats::Stats;
use super::steps::{Expected, Hits, Visibility};

/// The time limit for the service to be as fast as before.
pub(crate) const RECOVERY_LIMIT: Duration = Duration::from_secs(2);

/// What happened to the requests into which a fault was injected.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) injected: u64,
    /// Requests that succeeded in spite of the fault.
    pub(crate) absorbed: u64,
    /// Requests that failed.
    pub(crate) surfaced: u64,
    /// Requests of unknown key, or still in progress.
    pub(crate) unknown: u64,
}

/// What was measured in a step, and what deviated from the expectation.
#[derive(Debug, Default)]
pub(crate) struct StepResult {
    pub(crate) name: String,
    pub(crate) before: Stats,
    pub(crate) during: Stats,
    pub(crate) after: Stats,
    pub(crate) tally: Tally,
    /// The number of requests in progress at the start; if one of them is hit, its key is unknown.
    pub(crate) in_progress: u64,
    pub(crate) pressure: Vec<PressureLevel>,
    pub(crate) recovered_in: Option<Duration>,
    pub(crate) deviations: Vec<String>,
}

impl StepResult {
    /// Records what did not go as expected; `usual` is the p99 without a fault.
    pub(crate) fn judge(&mut self, expected: Expected, usual: Duration) {
        let (during, tally, hits) = (&self.during, &self.tally, expected.hits);
        let (p99, limit) = (during.p99(), usual + expected.slower_by);
        let (rate, failed) = (during.per_second, during.failed);
        let deviations = &mut self.deviations;
        let mut check = |is_met: bool, deviation: String| {
            if !is_met {
                deviations.push(deviation);
            }
        };
        check(
            (0.95..1.05).contains(&(rate / f64::from(PER_SECOND))),
            format!("{rate:.0} instead of {PER_SECOND} requests per second"),
        );
        check(
            hits.match_count(tally.injected, during),
            format!("{} hits instead of {hits:?}", tally.injected),
        );
        check(
            self.pressure.iter().all(|level| level.achieved > 0.0),
            format!("no pressure: {}", render_levels(&self.pressure)),
        );
        check(
            p99 <= limit,
            format!("a p99 of {p99:.0?}, above {limit:.0?}"),
        );
        check(during.is_complete(), "requests that never ended".to_owned());
        check(
            tally.unknown <= self.in_progress,
            format!("{} hits of unknown requests", tally.unknown),
        );
        check(
            expected.visibility == Visibility::Visible || (tally.surfaced == 0 && failed == 0),
            format!("{failed} requests failed, {} of them hit", tally.surfaced),
        );
        check(
            self.recovered_in.is_some_and(|time| time <= RECOVERY_LIMIT),
            format!("no recovery within {RECOVERY_LIMIT:?}"),
        );
    }

    /// Describes the recovery, and whether the step deviated.
    pub(crate) fn remark(&self) -> String {
        let recovery = match self.recovered_in {
            Some(Duration::ZERO) => "recovered at once".to_owned(),
            Some(time) => format!("recovered in {time:?}"),
            None => "not recovered".to_owned(),
        };
        if self.deviations.is_empty() {
            recovery
        } else {
            format!("{recovery}, not as expected")
        }
    }
}

impl Hits {
    /// Whether the number of hits is within chance of the expected one.
    fn match_count(self, hits: u64, during: &Stats) -> bool {
        let (share, of) = match self {
            Self::Checkouts(share) => (share, during.checkouts as f64),
            Self::Requests(share) => (share, during.all as f64),
            Self::Some => return hits > 0,
            Self::None => return hits == 0,
        };
        // Four standard deviations, and a tenth for requests at the edges of the interval.
        let slack = 4.0 * (of * share * (1.0 - share)).sqrt() + 0.1 * of * share;
        (hits as f64 - of * share).abs() <= slack
    }
}

pub(crate) fn render_levels(pressure: &[PressureLevel]) -> String {
    let levels: Vec<_> = pressure.iter().map(ToString::to_string).collect();
    levels.join(", ")
}
