//! Whether a run shows anything: it was whole, its baseline was calm, and its load was sent.

use std::ops::Range;
use std::time::Duration;

use chaos_core::journal::JournalItem;

use super::latency;
use super::recorded::{Recorded, failed};
use crate::Verdict;
use crate::record::RecordEntry;
use crate::scenario::Stage;
use crate::statistics::{Estimate, difference_of_proportions};

/// A difference of latency below this share of the limit is no sign of noise.
const NOTICEABLE_LATENCY: f64 = 0.1;

/// A difference of error rates below this is no sign of noise.
const NOTICEABLE_ERRORS: f64 = 0.01;

impl Recorded<'_> {
    /// Why the run shows less than its objectives ask for, if it does.
    pub(super) fn doubts(&self) -> Vec<Verdict> {
        let aborted = [self.ended_early(), self.failed_before(), self.stood_still()];
        let aborted = aborted
            .into_iter()
            .flatten()
            .map(|why| Verdict::Aborted { why });
        let inconclusive = [self.noise(), self.unsent()].into_iter().flatten();
        aborted
            .chain(inconclusive.map(Verdict::inconclusive))
            .collect()
    }

    /// The number of entries that the target's journal lost before the lab could read them.
    pub(super) fn lost_entries(&self) -> u64 {
        let gaps = self.entries().filter_map(|entry| match entry {
            RecordEntry::Journal(JournalItem::Gap { first, last }) => Some(last - first + 1),
            _ => None,
        });
        gaps.sum()
    }

    /// Why the record lacks stages of its run, if it was given up or cut off.
    pub(super) fn ended_early(&self) -> Option<String> {
        let given_up = self.entries().find_map(|entry| match entry {
            RecordEntry::Aborted { why } => Some(why.clone()),
            _ => None,
        });
        let is_closed = self.entries().any(|entry| *entry == RecordEntry::Closed);
        let cut_off = || match self.last_stage() {
            Some(stage) => format!("the record ends in the stage {stage}"),
            None => "the record ends before the first stage".to_owned(),
        };
        given_up.or_else(|| (!is_closed).then(cut_off))
    }

    /// The requests failed long before the fault; those that were sent just before it may have felt it.
    fn failed_before(&self) -> Option<String> {
        let [half, _] = self.halves_of_baseline();
        let failed = failed(self.requests(half));
        let is_beyond = failed.estimate()?.lower > self.limits.steady_error_rate.as_share();
        let (count, of) = (failed.count(), failed.of());
        is_beyond.then(|| format!("{count} of {of} requests failed before the fault"))
    }

    /// The lab itself was held up, so the delays that it saw are not those of the target.
    fn stood_still(&self) -> Option<String> {
        let held_up = self.entries().filter_map(|entry| match entry {
            RecordEntry::HeldUp(time) => Some(time.0),
            _ => None,
        });
        let longest = held_up.max()?.as_secs_f64();
        Some(format!(
            "the lab itself stood still for {longest:.1} s, so what it measured is not that of the target"
        ))
    }

    /// The halves of the baseline differ, so what differs later need not be due to the fault.
    fn noise(&self) -> Option<String> {
        let [first, second] = self.halves_of_baseline();
        let of = |half: &Range<Duration>| self.untouched(half.clone());
        let errors = difference_of_proportions(failed(of(&second)), failed(of(&first)))?;
        let latency = latency::difference(of(&second), of(&first))?;
        let differs = |of: Estimate, by: f64| of.lower > by || of.upper < -by;
        let is_noisy =
            differs(errors, NOTICEABLE_ERRORS) || differs(latency, self.noticeable_latency());
        let why = "the halves of the baseline differ: the lab or the target is not calm";
        is_noisy.then(|| why.to_owned())
    }

    /// The difference of latency that could have changed the verdict on the degradation: what lies between that and its
    /// limit.
    fn noticeable_latency(&self) -> f64 {
        let limit = self.limits.latency_degradation.0.as_secs_f64();
        let margin = self.degradation().map_or(0.0, |degradation| {
            (limit - degradation.upper).max(degradation.lower - limit)
        });
        margin.max(NOTICEABLE_LATENCY * limit)
    }

    fn unsent(&self) -> Option<String> {
        let is_unsent = |entry: &&RecordEntry| matches!(entry, RecordEntry::Sample(sample) if !sample.was_sent());
        let unsent = self.entries().filter(is_unsent).count();
        (unsent > 0).then(|| format!("{unsent} requests were not sent, as too many were open"))
    }

    fn halves_of_baseline(&self) -> [Range<Duration>; 2] {
        let Range { start, end } = self.span(Stage::Baseline);
        let middle = start + (end - start) / 2;
        [start..middle, middle..end]
    }
}
