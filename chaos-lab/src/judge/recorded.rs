//! What was recorded of a run: when each stage was, and what was measured in it.

use std::ops::Range;
use std::time::Duration;

use super::steadiness::Seconds;
use crate::load::Sample;
use crate::record::{Line, Opened, OutcomeSample, ProbeSample, RecordEntry, RuleSample};
use crate::scenario::{Objectives, Stage};
use crate::statistics::{Counted, Proportion};

/// What was recorded of a run, and the limits that it is judged by.
pub(super) struct Recorded<'a> {
    pub(super) opened: &'a Opened,
    pub(super) lines: &'a [Line],
    pub(super) limits: &'a Objectives,
    /// The seconds from the start of the fault on.
    pub(super) seconds: Seconds,
    pub(super) starts: Vec<(Stage, Duration)>,
    end: Duration,
}

impl<'a> Recorded<'a> {
    pub(super) fn of(opened: &'a Opened, lines: &'a [Line], limits: &'a Objectives) -> Self {
        let starts = lines.iter().filter_map(|line| match line.entry {
            RecordEntry::Stage(stage) => Some((stage, line.at.0)),
            _ => None,
        });
        let mut recorded = Self {
            opened,
            lines,
            limits,
            seconds: Seconds::default(),
            starts: starts.collect(),
            end: lines.iter().map(|line| line.at.0).max().unwrap_or_default(),
        };
        let span = recorded.from(Stage::Inject);
        recorded.seconds = Seconds::of(lines, &span, limits.steady_error_rate.as_share());
        recorded
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &'a RecordEntry> + use<'a> {
        self.lines.iter().map(|line| &line.entry)
    }

    /// The stage that the record ends in.
    pub(super) fn last_stage(&self) -> Option<Stage> {
        self.starts.last().map(|(stage, _)| *stage)
    }

    /// The start of a stage, if the record has it.
    pub(super) fn start(&self, stage: Stage) -> Option<Duration> {
        let mut starts = self.starts.iter();
        starts.find_map(|(one, start)| (*one == stage).then_some(*start))
    }

    /// The time of a stage, which is empty if the record ends before it.
    pub(super) fn span(&self, stage: Stage) -> Range<Duration> {
        let next = self
            .starts
            .iter()
            .skip_while(|(one, _)| *one != stage)
            .nth(1);
        let end = next.map_or(self.end, |(_, end)| *end);
        self.start(stage)
            .map_or_else(Range::default, |start| start..end)
    }

    /// The time from the start of a stage to the end of the record, likewise.
    pub(super) fn from(&self, stage: Stage) -> Range<Duration> {
        self.start(stage)
            .map_or_else(Range::default, |start| start..self.end)
    }

    /// What was measured in a time, and when.
    fn measured<T: 'a>(
        &self,
        span: Range<Duration>,
        pick: impl Fn(&'a RecordEntry) -> Option<&'a T>,
    ) -> impl Iterator<Item = (Duration, &'a T)> {
        let timed = self.lines.iter().map(|line| (line.measured_at(), line));
        let within = timed.filter(move |(at, _)| span.contains(at));
        within.filter_map(move |(at, line)| Some((at, pick(&line.entry)?)))
    }

    /// The requests that were due in a time; those that the lab did not send are left out.
    pub(super) fn requests(&self, span: Range<Duration>) -> impl Iterator<Item = &'a Sample> {
        let sent = self.measured(span, |entry| match entry {
            RecordEntry::Sample(sample) if sample.was_sent() => Some(sample),
            _ => None,
        });
        sent.map(|(_, sample)| sample)
    }

    /// The requests that were due in a time of the baseline, and had ended when the fault began.
    ///
    /// Those that were open then have felt the fault, so they say nothing about the time before it.
    pub(super) fn untouched(&self, span: Range<Duration>) -> impl Iterator<Item = &'a Sample> {
        let fault = self.start(Stage::Inject);
        self.requests(span)
            .filter(move |sample| fault.is_none_or(|fault| sample.due.0 + sample.took.0 <= fault))
    }

    /// The outcomes that the target counted in a time.
    pub(super) fn outcomes(
        &self,
        span: Range<Duration>,
    ) -> impl Iterator<Item = (Duration, &'a OutcomeSample)> {
        self.measured(span, |entry| match entry {
            RecordEntry::Outcomes(sample) => Some(sample),
            _ => None,
        })
    }

    /// The looks at the business rules in a time.
    pub(super) fn rules(
        &self,
        span: Range<Duration>,
    ) -> impl Iterator<Item = (Duration, &'a RuleSample)> {
        self.measured(span, |entry| match entry {
            RecordEntry::Rule(rule) => Some(rule),
            _ => None,
        })
    }

    /// The health probes in a time.
    pub(super) fn probes(
        &self,
        span: Range<Duration>,
    ) -> impl Iterator<Item = (Duration, &'a ProbeSample)> {
        self.measured(span, |entry| match entry {
            RecordEntry::Probe(probe) => Some(probe),
            _ => None,
        })
    }

    /// The failed ones of the requests in a time, as the lab or else the target counted them.
    pub(super) fn failed_requests(&self, span: Range<Duration>) -> Proportion {
        self.counted(span, RecordEntry::failed_requests)
    }

    /// The failed ones of the health probes in a time.
    pub(super) fn failed_probes(&self, span: Range<Duration>) -> Proportion {
        self.counted(span, RecordEntry::failed_probes)
    }

    fn counted(
        &self,
        span: Range<Duration>,
        counted: fn(&RecordEntry) -> Option<Proportion>,
    ) -> Proportion {
        let mut all = Proportion::default();
        let within = self.measured(span, Some);
        let counted = within.filter_map(|(_, entry)| counted(entry));
        counted.for_each(|one| all.add(one));
        all
    }
}

/// The failed ones of some requests.
pub(super) fn failed<'a>(requests: impl Iterator<Item = &'a Sample>) -> Proportion {
    requests.map(|sample| Counted::when(!sample.ok)).collect()
}
