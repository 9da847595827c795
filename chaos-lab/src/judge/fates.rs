//! What became of the requests that faults struck: load and journal, joined by the id of the request.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use chaos_core::journal::Injected;

use super::latency;
use super::recorded::{Recorded, failed};
use crate::Verdict;
use crate::load::Sample;
use crate::record::RecordEntry;
use crate::report::{ControlGroup, Fate, Finding, Indicator};
use crate::scenario::{Expectation, Stage};
use crate::statistics::difference_of_proportions;

/// The injections of a record, with the requests that they belong to.
pub(super) struct Struck<'a> {
    recorded: &'a Recorded<'a>,
    injections: Vec<&'a Injected>,
    /// The keys of the requests that they struck.
    pub(super) keys: HashSet<&'a str>,
    samples: HashMap<&'a str, &'a Sample>,
    /// The end of the fault, which releases the requests that it still holds.
    released: Option<Duration>,
}

impl<'a> Struck<'a> {
    pub(super) fn of(recorded: &'a Recorded<'a>) -> Self {
        let injections = recorded
            .lines
            .iter()
            .filter_map(|line| line.entry.injected());
        let injections: Vec<_> = injections.filter(|injected| !injected.dry_run).collect();
        let keys = injections
            .iter()
            .filter_map(|injected| injected.key.as_deref());
        let mut struck = Self {
            recorded,
            keys: keys.collect(),
            injections,
            samples: HashMap::new(),
            released: None,
        };
        for line in recorded.lines {
            match &line.entry {
                RecordEntry::Sample(sample) => {
                    struck.samples.insert(&sample.id, sample);
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
        let mut seen = HashSet::new();
        for injected in &self.injections {
            let place = (
                &injected.service,
                injected.kind.to_string(),
                &injected.operation,
                injected.fault.to_string(),
            );
            // A request that tries again may be struck again.
            if injected.key.is_some() && !seen.insert((place.clone(), &injected.key)) {
                continue;
            }
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

    /// The struck requests beside the others of the same time, if there were both.
    pub(super) fn control_group(&self) -> Option<ControlGroup> {
        let requests = self.recorded.requests(self.recorded.span(Stage::Inject));
        let (treated, untreated): (Vec<&Sample>, Vec<_>) =
            requests.partition(|sample| self.keys.contains(sample.id.as_str()));
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
    pub(super) fn absorption(&self) -> Option<Finding> {
        let expect = self.recorded.opened.scenario.expect;
        let limit = match expect {
            Expectation::Any => return None,
            Expectation::Absorbed => 0.0,
            Expectation::Surfaced => 1.0,
        };
        let struck = self.injections.iter().filter_map(|one| self.sample_of(one));
        let struck: BTreeMap<&str, &Sample> = struck.map(|one| (one.id.as_str(), one)).collect();
        let surfaced = failed(struck.into_values());
        let verdict = match (expect, surfaced.of(), surfaced.count()) {
            (_, 0, _) => Verdict::inconclusive(
                "what became of the struck requests is unknown: they are none of the load, as where the target does not pass \
                 `x-request-id` on, or succeeded only after the fault",
            ),
            (Expectation::Absorbed, _, 1..) | (Expectation::Surfaced, _, 0) => Verdict::Violated,
            _ => Verdict::Met,
        };
        let measured = surfaced.estimate();
        Some(Finding::new(
            Indicator::Absorption,
            limit,
            measured,
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
