//! The kept entries: injections in one ring, all other events in another.
//!
//! Injections are many: in a ring of their own, they push out no start, end or halt.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::journal::{Event, JournalEntry, JournalItem, JournalPage};

/// The number of events other than injections that are kept.
const OTHERS: usize = 1_024;

pub(super) struct Rings {
    injections: Ring,
    others: Ring,
    /// Empty outside of calls; its room is used again.
    pub(super) arriving: Vec<Arc<JournalEntry>>,
}

/// The latest entries, by number.
struct Ring {
    bound: usize,
    entries: VecDeque<Arc<JournalEntry>>,
}

impl Rings {
    pub(super) fn bounded(injections: usize) -> Self {
        Self {
            injections: Ring::bounded(injections),
            others: Ring::bounded(OTHERS),
            arriving: Vec::new(),
        }
    }

    /// Keeps the arriving entries, which are newer than all others.
    pub(super) fn take_arriving(&mut self) {
        for entry in self.arriving.drain(..) {
            match entry.event {
                Event::Injected(_) => self.injections.keep(entry),
                _ => self.others.keep(entry),
            }
        }
    }

    /// The entries from a number on, oldest first.
    pub(super) fn since(&self, number: u64) -> impl Iterator<Item = &Arc<JournalEntry>> {
        let mut injections = self.injections.since(number).peekable();
        let mut others = self.others.since(number).peekable();
        std::iter::from_fn(move || match (injections.peek(), others.peek()) {
            (Some(injection), Some(other)) if other.number < injection.number => others.next(),
            (Some(_), _) => injections.next(),
            (None, _) => others.next(),
        })
    }

    /// The page from a number on; `next` is the number of the next entry to come.
    pub(super) fn page(&self, number: u64, next: u64) -> JournalPage {
        let mut page = JournalPage::empty(number);
        for entry in self.since(number).take(JournalPage::MAX_ENTRIES) {
            page.skip_to(entry.number);
            page.next += 1;
            page.items.push(JournalItem::Entry(Arc::clone(entry)));
        }
        if self.since(page.next).next().is_none() {
            page.skip_to(next);
        }
        page
    }
}

impl Ring {
    fn bounded(bound: usize) -> Self {
        Self {
            bound,
            entries: VecDeque::new(),
        }
    }

    fn keep(&mut self, entry: Arc<JournalEntry>) {
        if self.entries.len() >= self.bound {
            self.entries.pop_front();
        }
        if self.bound > 0 {
            self.entries.push_back(entry);
        }
    }

    fn since(&self, number: u64) -> impl Iterator<Item = &Arc<JournalEntry>> {
        let first = self.entries.partition_point(|entry| entry.number < number);
        self.entries.range(first..)
    }
}
