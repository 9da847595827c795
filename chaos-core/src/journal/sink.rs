//! The sinks of a journal.

use super::JournalEntry;

/// Receives the entries of a journal.
///
/// The methods are called without a lock on the thread of the event, so they must not block: it may be the guardian's.
pub trait JournalSink: Send + Sync {
    /// Records one entry.
    fn record(&self, entry: &JournalEntry);

    /// Stores the recorded entries so that they survive the process.
    fn flush(&self) {}
}
