//! When each stage was, and what was measured in it.

use std::ops::Range;
use std::time::Duration;

use crate::load::Sample;
use crate::record::{Line, OutcomeSample, ProbeSample, RecordEntry, RuleSample};
use crate::scenario::Stage;
use crate::statistics::{Counted, Proportion};

/// The times of the stages of a run, since its start.
pub(super) struct Timeline {
    starts: Vec<(Stage, Duration)>,
    end: Duration,
}

impl Timeline {
    pub(super) fn of(lines: &[Line]) -> Self {
        let starts = lines.iter().filter_map(|line| match line.entry {
            RecordEntry::Stage(stage) => Some((stage, line.at.0)),
            _ => None,
        });
        Self {
            starts: starts.collect(),
            end: lines.iter().map(|line| line.at.0).max().unwrap_or_default(),
        }
    }

    /// The stage that the record ends in.
    pub(super) fn last(&self) -> Option<Stage> {
        self.starts.last().map(|(stage, _)| *stage)
    }

    /// The time of a stage.
    pub(super) fn span(&self, stage: Stage) -> Option<Range<Duration>> {
        let at = self.starts.iter().position(|(one, _)| *one == stage)?;
        let end = self.starts.get(at + 1).map_or(self.end, |(_, end)| *end);
        Some(self.starts[at].1..end)
    }

    /// The time from the start of a stage to the end of the record.
    pub(super) fn from(&self, stage: Stage) -> Option<Range<Duration>> {
        Some(self.span(stage)?.start..self.end)
    }
}

/// What was measured in a time, and when.
fn measured<'a, T: 'a>(
    lines: &'a [Line],
    span: Range<Duration>,
    pick: impl Fn(&'a RecordEntry) -> Option<&'a T>,
) -> impl Iterator<Item = (Duration, &'a T)> {
    let timed = lines.iter().map(|line| (line.measured_at(), line));
    let within = timed.filter(move |(at, _)| span.contains(at));
    within.filter_map(move |(at, line)| Some((at, pick(&line.entry)?)))
}

/// The requests that were due in a time; those that the lab did not send are left out.
pub(super) fn requests(lines: &[Line], span: Range<Duration>) -> impl Iterator<Item = &Sample> {
    let sent = measured(lines, span, |entry| match entry {
        RecordEntry::Sample(sample) if sample.was_sent() => Some(sample),
        _ => None,
    });
    sent.map(|(_, sample)| sample)
}

/// The requests that were due in a time of the baseline, and had ended when the fault began.
///
/// Those that were open then have felt the fault, so they say nothing about the time before it.
pub(super) fn untouched<'a>(
    lines: &'a [Line],
    timeline: &Timeline,
    span: Range<Duration>,
) -> impl Iterator<Item = &'a Sample> {
    let fault = timeline.span(Stage::Inject).map(|span| span.start);
    requests(lines, span)
        .filter(move |sample| fault.is_none_or(|fault| sample.due.0 + sample.took.0 <= fault))
}

/// The outcomes that the target counted in a time.
pub(super) fn outcomes(
    lines: &[Line],
    span: Range<Duration>,
) -> impl Iterator<Item = &OutcomeSample> {
    let outcomes = measured(lines, span, |entry| match entry {
        RecordEntry::Outcomes(sample) => Some(sample),
        _ => None,
    });
    outcomes.map(|(_, sample)| sample)
}

/// The looks at the business rules in a time.
pub(super) fn rules(
    lines: &[Line],
    span: Range<Duration>,
) -> impl Iterator<Item = (Duration, &RuleSample)> {
    measured(lines, span, |entry| match entry {
        RecordEntry::Rule(rule) => Some(rule),
        _ => None,
    })
}

/// The health probes in a time.
pub(super) fn probes(
    lines: &[Line],
    span: Range<Duration>,
) -> impl Iterator<Item = (Duration, &ProbeSample)> {
    measured(lines, span, |entry| match entry {
        RecordEntry::Probe(probe) => Some(probe),
        _ => None,
    })
}

/// The failed ones of some requests.
pub(super) fn failed<'a>(requests: impl Iterator<Item = &'a Sample>) -> Proportion {
    requests.map(|sample| Counted::when(!sample.ok)).collect()
}

/// The failed ones of the requests in a time, as the lab or else the target counted them.
pub(super) fn failed_requests(lines: &[Line], span: Range<Duration>) -> Proportion {
    let mut all = failed(requests(lines, span.clone()));
    outcomes(lines, span).for_each(|sample| all.add(sample.failed));
    all
}

/// The failed ones of the health probes in a time.
pub(super) fn failed_probes(lines: &[Line], span: Range<Duration>) -> Proportion {
    let probes = probes(lines, span);
    probes
        .map(|(_, probe)| Counted::when(probe.problem.is_some()))
        .collect()
}
