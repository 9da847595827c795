//! What was measured over time: stage by stage, and for plots.

use std::collections::HashSet;
use std::time::Duration;

use chaos_core::adapter::HumanDuration;

use super::latency;
use super::recorded::Recorded;
use crate::load::Sample;
use crate::record::RecordEntry;
use crate::report::{Latencies, Points, Series, StageSummary};
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
pub(super) fn series(recorded: &Recorded<'_>, struck: &HashSet<&str>) -> Option<Series> {
    recorded.start(Stage::Baseline)?;
    let span = recorded.from(Stage::Baseline);
    let seconds = (span.end - span.start).as_secs() + 1;
    let step = Duration::from_secs(seconds.div_ceil(MOST_POINTS));
    let mut buckets = vec![Bucket::default(); seconds.div_ceil(step.as_secs()) as usize];
    for line in recorded.lines {
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

impl Recorded<'_> {
    /// The stages that the record has reached.
    pub(super) fn stages(&self) -> Vec<StageSummary> {
        let reached = self.starts.iter().map(|(stage, _)| {
            let span = self.span(*stage);
            let took = |sample: &Sample| sample.took.0;
            let took: Vec<Duration> = match stage {
                Stage::Baseline => self.untouched(span.clone()).map(took).collect(),
                _ => self.requests(span.clone()).map(took).collect(),
            };
            StageSummary {
                stage: *stage,
                lasted: HumanDuration(span.end - span.start),
                failed: self.failed_requests(span.clone()),
                unhealthy: self.failed_probes(span),
                latency: latencies(took),
            }
        });
        reached.collect()
    }
}

fn latencies(mut took: Vec<Duration>) -> Option<Latencies> {
    took.sort_unstable();
    let at = |quantile| latency::quantile(&took, quantile).map(HumanDuration);
    Some(Latencies {
        p50: at(0.5)?,
        p95: at(0.95)?,
        p99: at(0.99)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::tests::{CALM, Run, opened};
    use crate::load::Answer;
    use crate::record::Line;
    use crate::scenario::Profile;

    fn of(lines: &[Line], struck: &[&str]) -> Series {
        let (opened, limits) = (opened(), Profile::Default.limits());
        let recorded = Recorded::of(&opened, lines, &limits);
        series(&recorded, &struck.iter().copied().collect()).unwrap()
    }

    #[test]
    fn each_second_is_a_point_of_struck_and_other_requests_and_of_probes() {
        let run = Run {
            request: |number, second| {
                let took = Duration::from_millis(10 * (1 + second));
                match number {
                    1_000..1_010 => (Answer::Status(503), took),
                    _ => (Answer::Status(200), took),
                }
            },
            is_healthy: |second| second != 21,
        };
        // Of the 50 requests of the 20th second, 10 failed, and 4 of these were struck.
        let series = of(
            &run.lines(),
            &["run-1000", "run-1001", "run-1002", "run-1003", "another"],
        );
        assert_eq!(series.step.0, Duration::from_secs(1));
        let Points { failed, p95 } = &series.untreated;
        assert_eq!((failed[19], failed[20]), (Some(0.0), Some(0.1304)));
        assert_eq!((p95[19], p95[20]), (Some(0.2), Some(0.21)));
        let treated = &series.treated.failed;
        assert_eq!(
            (treated[19], treated[20], treated[21]),
            (None, Some(1.0), None)
        );
        assert_eq!(
            (series.unhealthy[20], series.unhealthy[21]),
            (Some(0.0), Some(1.0))
        );
    }

    #[test]
    fn what_was_not_measured_has_no_points_and_a_long_run_has_few() {
        let mut lines = CALM.lines();
        let series = of(&lines, &[]);
        assert_eq!(series.treated, Points::default());
        assert_eq!(series.unhealthy, []);
        lines.push(Line::new(Duration::from_secs(481), RecordEntry::Closed));
        let series = of(&lines, &[]);
        assert_eq!(series.step.0, Duration::from_secs(4));
        assert_eq!(series.untreated.failed.len(), 121);
        assert_eq!(series.untreated.failed[40], None);
    }
}
