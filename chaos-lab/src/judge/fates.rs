//! What became of the requests that faults struck: load and journal, joined by the id of the request.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use chaos_core::journal::{Event, Injected, JournalItem};

use super::latency;
use super::timeline::{Timeline, failed, requests};
use crate::Verdict;
use crate::load::Sample;
use crate::record::{Line, RecordEntry};
use crate::report::{ControlGroup, Fate, Finding, Indicator};
use crate::scenario::{Expectation, Stage};
use crate::statistics::difference_of_proportions;

/// The injections of a record, with the requests that they belong to.
pub(super) struct Struck<'a> {
    lines: &'a [Line],
    injections: Vec<&'a Injected>,
    samples: HashMap<&'a str, &'a Sample>,
    /// The end of the fault, which releases the requests that it still holds.
    released: Option<Duration>,
}

impl<'a> Struck<'a> {
    pub(super) fn of(lines: &'a [Line]) -> Self {
        let mut struck = Self {
            lines,
            injections: Vec::new(),
            samples: HashMap::new(),
            released: None,
        };
        for line in lines {
            match &line.entry {
                RecordEntry::Sample(sample) => {
                    struck.samples.insert(&sample.id, sample);
                }
                RecordEntry::Journal(JournalItem::Entry(entry)) => {
                    if let Event::Injected(injected) = &entry.event {
                        struck.injections.push(injected);
                    }
                }
                // The experiments are stopped right after it.
                RecordEntry::Reached(_) => struck.released = Some(line.at.0),
                _ => {}
            }
        }
        struck
    }

    /// What became of them, by operation and fault.
    pub(super) fn fates(&self) -> Vec<Fate> {
        let mut fates = BTreeMap::new();
        for injected in &self.injections {
            let place = (
                &injected.service,
                injected.kind.to_string(),
                &injected.operation,
                injected.fault.to_string(),
            );
            let fate = fates.entry(place).or_insert_with(|| Fate {
                service: injected.service.clone(),
                kind: injected.kind,
                operation: injected.operation.clone(),
                fault: injected.fault,
                absorbed: 0,
                surfaced: BTreeMap::new(),
                unknown: 0,
            });
            match self.sample_of(injected) {
                None => fate.unknown += 1,
                Some(sample) if sample.ok => fate.absorbed += 1,
                Some(sample) => fate.surface(&sample.answer),
            }
        }
        fates.into_values().collect()
    }

    /// The keys of the requests that they struck.
    pub(super) fn keys(&self) -> HashSet<&'a str> {
        let keys = self.injections.iter();
        keys.filter_map(|injected| injected.key.as_deref())
            .collect()
    }

    /// The struck requests beside the others of the same time, if there were both.
    pub(super) fn control_group(&self, timeline: &Timeline) -> Option<ControlGroup> {
        let span = timeline.span(Stage::Inject)?;
        let struck = self.keys();
        let (treated, untreated): (Vec<&Sample>, Vec<_>) =
            requests(self.lines, span).partition(|sample| struck.contains(sample.id.as_str()));
        let failed = |group: &[&'a Sample]| failed(group.iter().copied());
        let (failed_treated, failed_untreated) = (failed(&treated), failed(&untreated));
        Some(ControlGroup {
            errors: difference_of_proportions(failed_treated, failed_untreated)?,
            latency: latency::difference(treated.into_iter(), untreated.into_iter()),
            treated: failed_treated,
            untreated: failed_untreated,
        })
    }

    /// Whether the struck requests ended as the scenario expects; nothing, if it expects nothing.
    pub(super) fn absorption(&self, expect: Expectation) -> Option<Finding> {
        let limit = match expect {
            Expectation::Any => return None,
            Expectation::Absorbed => 0.0,
            Expectation::Surfaced => 1.0,
        };
        let struck = self.injections.iter().filter_map(|one| self.sample_of(one));
        let surfaced = failed(struck);
        let verdict = match (expect, surfaced.of(), surfaced.count()) {
            (_, 0, _) => Verdict::inconclusive(
                "no struck request of the load failed, or succeeded while the fault was in force",
            ),
            (Expectation::Absorbed, _, 1..) | (Expectation::Surfaced, _, 0) => Verdict::Violated,
            _ => Verdict::Met,
        };
        Some(Finding::new(
            Indicator::Absorption,
            limit,
            surfaced.estimate(),
            verdict,
        ))
    }

    /// The request of an injection; one that succeeded only after the fault was over absorbed nothing.
    fn sample_of(&self, injected: &Injected) -> Option<&'a Sample> {
        let sample = *self.samples.get(injected.key.as_deref()?)?;
        let ended = sample.due.0 + sample.took.0;
        let was_released = sample.ok && self.released.is_some_and(|released| ended > released);
        (sample.was_sent() && !was_released).then_some(sample)
    }
}
