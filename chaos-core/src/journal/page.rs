//! A part of the journal.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::JournalEntry;

/// A part of the journal: every number in it is that of an entry or inside a gap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JournalPage {
    /// The entries and gaps, oldest first.
    pub items: Vec<JournalItem>,
    /// The number at which the next page begins.
    pub next: u64,
}

/// An entry of the journal, or the numbers of entries that it no longer keeps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum JournalItem {
    /// An entry.
    Entry(Arc<JournalEntry>),
    /// Entries that were lost, as more were recorded than the journal keeps.
    Gap {
        /// The number of the first lost entry.
        first: u64,
        /// The number of the last lost entry.
        last: u64,
    },
}

impl JournalPage {
    /// The number of entries in a page at most.
    pub const MAX_ENTRIES: usize = 256;

    /// A page without items, after which the next one begins at the same number.
    pub(crate) fn empty(next: u64) -> Self {
        Self {
            items: Vec::new(),
            next,
        }
    }

    /// Adds a gap up to a number, unless the page reaches it.
    pub(super) fn skip_to(&mut self, next: u64) {
        if self.next < next {
            self.items.push(JournalItem::Gap {
                first: self.next,
                last: next - 1,
            });
            self.next = next;
        }
    }

    /// Whether there is neither an entry nor a gap.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The entries, oldest first.
    pub fn entries(&self) -> impl Iterator<Item = &JournalEntry> {
        self.items.iter().filter_map(|item| match item {
            JournalItem::Entry(entry) => Some(&**entry),
            JournalItem::Gap { .. } => None,
        })
    }
}
