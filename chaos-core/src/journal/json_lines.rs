//! A journal sink that writes a file of JSON lines.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{JournalEntry, JournalSink};

/// Appends each entry to a file as a line of JSON.
///
/// Each line is passed to the operating system without buffering. The file is synced to disk before an injected crash,
/// and by [`ChaosManager::flushed`](crate::ChaosManager::flushed). A line that could not be written as a whole, for
/// example because the disk is full, is ended before the next one.
#[derive(Debug)]
pub struct JsonLines(Mutex<Lines>);

#[derive(Debug)]
struct Lines {
    file: File,
    /// Whether the file ends with a part of a line.
    torn: bool,
}

impl JsonLines {
    /// Opens the file at `path` for appending, creating it if necessary.
    ///
    /// # Errors
    ///
    /// When the file can't be opened for appending.
    pub fn append(path: impl AsRef<Path>) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        Ok(Self(Mutex::new(Lines { file, torn: false })))
    }

    fn write(&self, line: &[u8]) -> io::Result<()> {
        let mut lines = self.lines();
        if lines.torn {
            lines.file.write_all(b"\n")?;
        }
        let mut left = line;
        while !left.is_empty() {
            match lines.file.write(left) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => left = &left[written..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            lines.torn = !left.is_empty();
        }
        Ok(())
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        if let Err(error) = self.lines().file.sync_data() {
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
