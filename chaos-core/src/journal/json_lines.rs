//! A journal sink that writes a file of JSON lines.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::{JournalEntry, JournalSink};

/// Appends each entry to a file as a line of JSON.
///
/// Each line is passed to the operating system at once, so that it survives the process. The file is synced to disk
/// before an injected crash.
#[derive(Debug)]
pub struct JsonLines(Mutex<BufWriter<File>>);

impl JsonLines {
    /// Opens the file at `path` for appending, creating it if necessary.
    ///
    /// # Errors
    ///
    /// When the file can't be opened for appending.
    pub fn append(path: impl AsRef<Path>) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        Ok(Self(Mutex::new(BufWriter::new(file))))
    }

    fn write(&self, line: &[u8]) -> io::Result<()> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(line)?;
        file.flush()
    }
}

impl JournalSink for JsonLines {
    fn record(&self, entry: &JournalEntry) {
        let Some(line) = to_line(entry) else {
            return;
        };
        if let Err(error) = self.write(&line) {
            tracing::warn!(%error, "a journal entry could not be written");
        }
    }

    fn flush(&self) {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.flush().and_then(|()| file.get_ref().sync_data()) {
            tracing::warn!(%error, "the journal could not be synced");
        }
    }
}

#[cfg(feature = "inject")]
fn to_line(entry: &JournalEntry) -> Option<Vec<u8>> {
    let mut line = serde_json::to_vec(entry).ok()?;
    line.push(b'\n');
    Some(line)
}

/// The managers of this build have no entries to write.
#[cfg(not(feature = "inject"))]
fn to_line(_entry: &JournalEntry) -> Option<Vec<u8>> {
    None
}
