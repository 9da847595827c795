//! The new entries, which are not in a ring yet.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::FaultKind;
use crate::journal::{Event, JournalEntry, SafetyViolation};
use crate::status::Totals;

/// The number of injections at most, while a reader that holds the rings is suspended.
const ROOM: usize = 8_192;

/// Numbers entries, and holds the new ones in that order.
#[derive(Default)]
pub(super) struct Inbox {
    next: u64,
    totals: Totals,
    injected: BTreeMap<FaultKind, u64>,
    violations: BTreeMap<SafetyViolation, u64>,
    entries: Vec<Arc<JournalEntry>>,
    /// The number of entries at which injections are no longer kept.
    room: usize,
    /// Whether a reader waits for the next entry.
    awaited: bool,
}

impl Inbox {
    /// An inbox for rings that keep up to `bound` injections.
    pub(super) fn for_injections(bound: usize) -> Self {
        Self {
            room: if bound == 0 { 0 } else { ROOM },
            ..Self::default()
        }
    }

    /// Numbers a new entry and keeps it; returns whether a reader waits for it.
    pub(super) fn add(&mut self, entry: &mut Arc<JournalEntry>) -> bool {
        Arc::get_mut(entry).expect("not shared yet").number = self.next;
        self.next += 1;
        self.count(&entry.event);
        let is_injection = matches!(entry.event, Event::Injected(_));
        if !is_injection || self.entries.len() < self.room {
            self.entries.push(Arc::clone(entry));
        }
        std::mem::take(&mut self.awaited)
    }

    fn count(&mut self, event: &Event) {
        let totals = &mut self.totals;
        match event {
            Event::Injected(injected) => {
                totals.injected += 1;
                *self.injected.entry(injected.fault).or_default() += 1;
            }
            Event::Started { .. } => totals.started += 1,
            Event::Refused { .. } => totals.refused += 1,
            Event::Halted { .. } => totals.halted += 1,
            Event::Ended { reason, .. } => {
                *totals.ended.entry(reason.label().to_owned()).or_default() += 1;
            }
            _ => {}
        }
    }

    /// What has happened so far; losses of sinks are not counted here.
    pub(super) fn totals(&self) -> Totals {
        let of_fault = |kind: &FaultKind| self.injected.get(kind).copied().unwrap_or_default();
        let of_limit =
            |limit: &SafetyViolation| self.violations.get(limit).copied().unwrap_or_default();
        let faults = FaultKind::ALL.iter();
        let limits = SafetyViolation::ALL.iter();
        Totals {
            injected_by: faults
                .map(|kind| (kind.to_string(), of_fault(kind)))
                .collect(),
            violations: limits
                .map(|limit| (limit.name().to_owned(), of_limit(limit)))
                .collect(),
            ..self.totals.clone()
        }
    }

    pub(super) fn count_violation(&mut self, violation: SafetyViolation) {
        *self.violations.entry(violation).or_default() += 1;
    }

    /// Whether all entries were moved to the rings.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Swaps its entries for an empty buffer, and returns the number of the next entry.
    pub(super) fn empty_into(&mut self, buffer: &mut Vec<Arc<JournalEntry>>) -> u64 {
        std::mem::swap(&mut self.entries, buffer);
        self.next
    }

    /// Whether there was an entry with this number; otherwise the next entry is awaited.
    pub(super) fn has_reached(&mut self, number: u64) -> bool {
        let reached = number < self.next;
        self.awaited |= !reached;
        reached
    }

    /// Marks the next entry as awaited.
    pub(super) fn await_next(&mut self) {
        self.awaited = true;
    }
}
