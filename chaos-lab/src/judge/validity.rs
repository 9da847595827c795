//! Whether a run shows anything: it was whole, its baseline was calm, and its load was sent.

use chaos_core::journal::JournalItem;

use super::latency;
use super::timeline::{Timeline, failed, requests, untouched};
use crate::Verdict;
use crate::record::{Line, RecordEntry};
use crate::scenario::{Objectives, Stage};
use crate::statistics::difference_of_proportions;

/// A difference of latency below this share of the limit is no sign of noise.
const NOTICEABLE_LATENCY: f64 = 0.1;

/// A difference of error rates below this is no sign of noise.
const NOTICEABLE_ERRORS: f64 = 0.01;

/// Whether a record has all stages of its run: it was neither given up nor cut off.
pub(super) fn is_whole(lines: &[Line]) -> bool {
    let was_given_up = |line: &Line| matches!(line.entry, RecordEntry::Aborted { .. });
    let was_closed = lines.iter().any(|line| line.entry == RecordEntry::Closed);
    was_closed && !lines.iter().any(was_given_up)
}

/// Why the run shows less than its objectives ask for, if it does.
pub(super) fn doubts(lines: &[Line], timeline: &Timeline, limits: &Objectives) -> Vec<Verdict> {
    let doubts = [
        ended_early(lines, timeline),
        failed_before(lines, timeline, limits),
        stood_still(lines),
        is_noisy(lines, timeline, limits),
        was_not_sent(lines),
    ];
    doubts.into_iter().flatten().collect()
}

/// The number of entries that the target's journal lost before the lab could read them.
pub(super) fn lost_entries(lines: &[Line]) -> u64 {
    let gaps = lines.iter().filter_map(|line| match line.entry {
        RecordEntry::Journal(JournalItem::Gap { first, last }) => Some(last - first + 1),
        _ => None,
    });
    gaps.sum()
}

fn ended_early(lines: &[Line], timeline: &Timeline) -> Option<Verdict> {
    if is_whole(lines) {
        return None;
    }
    let given_up = lines.iter().find_map(|line| match &line.entry {
        RecordEntry::Aborted { why } => Some(why.clone()),
        _ => None,
    });
    let why = given_up.unwrap_or_else(|| match timeline.last() {
        Some(stage) => format!("the record ends in the stage {stage}"),
        None => "the record ends before the first stage".to_owned(),
    });
    Some(Verdict::Aborted { why })
}

/// The requests failed long before the fault; those that were sent just before it may have felt it.
fn failed_before(lines: &[Line], timeline: &Timeline, limits: &Objectives) -> Option<Verdict> {
    let baseline = timeline.span(Stage::Baseline)?;
    let half = baseline.start..baseline.start + (baseline.end - baseline.start) / 2;
    let failed = failed(requests(lines, half));
    let is_beyond = failed.estimate()?.lower > limits.steady_error_rate.as_share();
    is_beyond.then(|| Verdict::Aborted {
        why: format!(
            "{} of {} requests failed before the fault",
            failed.count(),
            failed.of()
        ),
    })
}

/// The lab itself was held up, so the delays that it saw are not those of the target.
fn stood_still(lines: &[Line]) -> Option<Verdict> {
    let held_up = lines.iter().filter_map(|line| match line.entry {
        RecordEntry::HeldUp(time) => Some(time.0),
        _ => None,
    });
    held_up.max().map(|longest| Verdict::Aborted {
        why: format!(
            "the lab itself stood still for {:.1} s, so what it measured is not that of the target",
            longest.as_secs_f64()
        ),
    })
}

/// The halves of the baseline differ, so what differs later need not be due to the fault.
fn is_noisy(lines: &[Line], timeline: &Timeline, limits: &Objectives) -> Option<Verdict> {
    let baseline = timeline.span(Stage::Baseline)?;
    let middle = baseline.start + (baseline.end - baseline.start) / 2;
    let first = || untouched(lines, timeline, baseline.start..middle);
    let second = || untouched(lines, timeline, middle..baseline.end);
    let errors = difference_of_proportions(failed(second()), failed(first()))?;
    let latency = latency::difference(second(), first())?;
    let noticeable_latency = noticeable_latency(lines, timeline, limits);
    let differs =
        |lower: f64, upper: f64, noticeable: f64| lower > noticeable || upper < -noticeable;
    let is_noisy = differs(errors.lower, errors.upper, NOTICEABLE_ERRORS)
        || differs(latency.lower, latency.upper, noticeable_latency);
    is_noisy.then(|| {
        Verdict::inconclusive(
            "the halves of the baseline differ: the lab or the target is not calm",
        )
    })
}

/// The difference of latency that could have changed the verdict on the degradation: what lies between that and its limit.
fn noticeable_latency(lines: &[Line], timeline: &Timeline, limits: &Objectives) -> f64 {
    let limit = limits.latency_degradation.0.as_secs_f64();
    let of = |stage| timeline.span(stage).unwrap_or_default();
    let during = requests(lines, of(Stage::Inject));
    let before = untouched(lines, timeline, of(Stage::Baseline));
    let margin = latency::difference(during, before).map_or(0.0, |degradation| {
        (limit - degradation.upper).max(degradation.lower - limit)
    });
    margin.max(NOTICEABLE_LATENCY * limit)
}

fn was_not_sent(lines: &[Line]) -> Option<Verdict> {
    let is_unsent =
        |line: &&Line| matches!(&line.entry, RecordEntry::Sample(sample) if !sample.was_sent());
    let unsent = lines.iter().filter(is_unsent).count();
    let why = format!("{unsent} requests were not sent, as too many were open");
    (unsent > 0).then(|| Verdict::inconclusive(why))
}
