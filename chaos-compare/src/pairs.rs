//! The requests of two records, joined by their ids.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use chaos_lab::load::Sample;
use chaos_lab::record::{Line, Opened, RecordEntry};
use chaos_lab::scenario::Stage;

use crate::subject::Subject;

/// A record that was read.
pub(crate) type Recorded = (Opened, Vec<Line>);

/// A request in both records.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    pub(crate) a: Ending,
    pub(crate) b: Ending,
}

/// How a request ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ending {
    pub(crate) ok: bool,
    pub(crate) took: Duration,
}

impl From<&Sample> for Ending {
    fn from(sample: &Sample) -> Self {
        Self {
            ok: sample.ok,
            took: sample.took.0,
        }
    }
}

/// When the whole of a request was, beside the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Before,
    During,
    After,
}

/// The requests of a record that were sent, and what struck them.
pub(crate) struct Requests<'a> {
    samples: Vec<&'a Sample>,
    by_id: HashMap<&'a str, &'a Sample>,
    struck: HashMap<&'a str, BTreeSet<Subject>>,
    /// The start of the fault, the moment before its end, and its end.
    fault: Option<[Duration; 3]>,
}

impl<'a> Requests<'a> {
    pub(crate) fn of(lines: &'a [Line]) -> Self {
        let mut samples = Vec::new();
        let mut struck: HashMap<_, BTreeSet<_>> = HashMap::new();
        let (mut start, mut last, mut end) = (None, None, None);
        for line in lines {
            match &line.entry {
                RecordEntry::Sample(sample) if sample.was_sent() => samples.push(sample),
                RecordEntry::Stage(Stage::Inject) => start = Some(line.at.0),
                RecordEntry::Stage(Stage::Recover) => end = Some(line.at.0),
                RecordEntry::Reached(_) => last = Some(line.at.0),
                _ => {}
            }
            if let Some(injected) = line.entry.injected()
                && let Some(key) = &injected.key
            {
                let by = struck.entry(key.as_str()).or_default();
                by.insert(Subject::struck(injected));
            }
        }
        Self {
            by_id: samples.iter().map(|one| (one.id.as_str(), *one)).collect(),
            samples,
            struck,
            fault: start
                .zip(end)
                .map(|(start, end)| [start, last.unwrap_or(end), end]),
        }
    }

    /// The number of requests that were sent.
    pub(crate) fn len(&self) -> usize {
        self.samples.len()
    }

    /// The same requests in two records.
    pub(crate) fn joined(&self, other: &Self) -> Vec<(&'a Sample, &'a Sample)> {
        let joined = self.samples.iter().filter_map(|sample| {
            let same = other.by_id.get(sample.id.as_str())?;
            (sample.request == same.request).then_some((*sample, *same))
        });
        joined.collect()
    }

    /// What struck a request.
    pub(crate) fn struck(&self, sample: &Sample) -> impl Iterator<Item = &Subject> {
        self.struck.get(sample.id.as_str()).into_iter().flatten()
    }

    /// When a request was; nothing, if the fault began or ended within it, so that two runs need not agree.
    pub(crate) fn when(&self, sample: &Sample) -> Option<When> {
        let [start, last, end] = self.fault?;
        let due = sample.due.0;
        let ended = due + sample.took.0;
        if ended < start {
            Some(When::Before)
        } else if due >= start && ended <= last {
            Some(When::During)
        } else {
            (due >= end).then_some(When::After)
        }
    }
}
