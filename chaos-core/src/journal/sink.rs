//! The sinks of a journal.

use super::JournalEntry;

/// Receives the entries of a journal.
///
/// A dedicated thread calls the methods, one after the other and under no lock, so a slow sink delays nothing else. Up to
/// 8,192 entries wait for it; later ones are lost, and [`Event::Lost`](super::Event::Lost) reports their number to the
/// sink. [`ChaosManager::flushed`](crate::ChaosManager::flushed) waits for all sinks.
pub trait JournalSink: Send + Sync {
    /// Records one entry.
    fn record(&self, entry: &JournalEntry);

    /// Stores the recorded entries so that they survive the process.
    fn flush(&self) {}
}
