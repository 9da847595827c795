//! What was measured over time, for plots.

use std::collections::HashSet;
use std::time::Duration;

use chaos_core::adapter::HumanDuration;

use super::latency;
use super::timeline::Timeline;
use crate::record::{Line, RecordEntry};
use crate::report::{Points, Series};
use crate::scenario::Stage;
use crate::statistics::{Counted, Proportion};

/// The highest number of points, as a plot is some hundred pixels wide.
const MOST_POINTS: u64 = 160;

/// What was measured between two points.
#[derive(Clone, Default)]
struct Bucket {
    untreated: Group,
    treated: Group,
    unhealthy: Proportion,
}

#[derive(Clone, Default)]
struct Group {
    failed: Proportion,
    took: Vec<Duration>,
}

/// What was measured over time; nothing, if the record ends before the first stage.
pub(super) fn series(
    lines: &[Line],
    timeline: &Timeline,
    struck: &HashSet<&str>,
) -> Option<Series> {
    let span = timeline.from(Stage::Baseline)?;
    let seconds = (span.end - span.start).as_secs() + 1;
    let step = Duration::from_secs(seconds.div_ceil(MOST_POINTS));
    let mut buckets = vec![Bucket::default(); seconds.div_ceil(step.as_secs()) as usize];
    for line in lines {
        let at = line.measured_at().checked_sub(span.start);
        let nth = at.map(|at| (at.as_secs() / step.as_secs()) as usize);
        if let Some(bucket) = nth.and_then(|nth| buckets.get_mut(nth)) {
            bucket.measure(&line.entry, struck);
        }
    }
    let all = |value: fn(&Bucket) -> Option<f64>| {
        let values: Vec<_> = buckets.iter().map(value).map(rounded).collect();
        let is_known = values.iter().any(Option::is_some);
        if is_known { values } else { Vec::new() }
    };
    let mut unhealthy = all(|bucket| bucket.unhealthy.share());
    if unhealthy.iter().all(|share| share.unwrap_or(0.0) == 0.0) {
        unhealthy.clear();
    }
    Some(Series {
        step: HumanDuration(step),
        untreated: Points {
            failed: all(|bucket| bucket.untreated.failed.share()),
            p95: all(|bucket| bucket.untreated.p95()),
        },
        treated: Points {
            failed: all(|bucket| bucket.treated.failed.share()),
            p95: all(|bucket| bucket.treated.p95()),
        },
        unhealthy,
    })
}

impl Bucket {
    fn measure(&mut self, entry: &RecordEntry, struck: &HashSet<&str>) {
        match entry {
            RecordEntry::Sample(sample) if sample.was_sent() => {
                let group = match struck.contains(sample.id.as_str()) {
                    true => &mut self.treated,
                    false => &mut self.untreated,
                };
                group.failed.add(Counted::when(!sample.ok));
                group.took.push(sample.took.0);
            }
            RecordEntry::Outcomes(sample) => self.untreated.failed.add(sample.failed),
            RecordEntry::Probe(probe) => {
                self.unhealthy.add(Counted::when(probe.problem.is_some()));
            }
            _ => {}
        }
    }
}

impl Group {
    fn p95(&self) -> Option<f64> {
        let mut took = self.took.clone();
        took.sort_unstable();
        latency::quantile(&took, 0.95).map(|took| took.as_secs_f64())
    }
}

/// More digits than a pixel shows would only make reports longer.
fn rounded(value: Option<f64>) -> Option<f64> {
    value.map(|value| (value * 1e4).round() / 1e4)
}
