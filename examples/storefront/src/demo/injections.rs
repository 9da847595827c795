//! Which requests were hit: the journal, by request.

use std::sync::{Arc, Mutex, PoisonError};

use chaos_core::{Event, JournalEntry, JournalSink};

/// The keys of all requests that were hit since it was last asked, once for each time; none where nobody knows which.
#[derive(Debug, Clone, Default)]
pub(crate) struct Injections(Arc<Mutex<Vec<Option<String>>>>);

impl Injections {
    pub(crate) fn take(&self) -> Vec<Option<String>> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl JournalSink for Injections {
    fn record(&self, entry: &JournalEntry) {
        if let Event::Injected(injected) = &entry.event {
            let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            keys.push(injected.key.clone());
        }
    }
}
