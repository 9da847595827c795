//! Where a journal goes.

use super::JournalEntry;

/// Takes the entries of a journal.
///
/// Called under no lock, on whatever thread the event happened on, the guardian's included: it must not block.
pub trait JournalSink: Send + Sync {
    /// Takes one entry.
    fn record(&self, entry: &JournalEntry);

    /// Puts what was taken where the end of the process can't reach it.
    fn flush(&self) {}
}
