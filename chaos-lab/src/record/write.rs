//! Writes a record as the run goes on.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use super::Line;

/// The room that a record needs; one of an hour at 500 requests a second takes about 500 MB.
pub(crate) const ROOM: u64 = 512 << 20;

/// Appends lines to a record; each is in the file when the call returns.
#[derive(Debug)]
pub struct RecordWriter(File);

impl RecordWriter {
    /// Creates a record, which must not exist yet.
    ///
    /// # Errors
    ///
    /// When the file exists, or can't be created.
    pub fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        let new = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(path)?;
        Ok(Self(new))
    }

    /// The room that is left on its disk in bytes, where the system says.
    pub(crate) fn room(&self) -> io::Result<Option<u64>> {
        room(&self.0)
    }

    /// Appends a line.
    ///
    /// # Errors
    ///
    /// When the line can't be written.
    pub fn append(&mut self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        // One write, so that a killed run leaves whole lines, and at most one that is cut off.
        self.0.write_all(&text)
    }
}

/// The room on the disk of a directory, which may not exist yet.
pub(crate) fn room_at(directory: &Path) -> io::Result<Option<u64>> {
    let directory = std::path::absolute(directory)?;
    for ancestor in directory.ancestors() {
        match File::open(ancestor) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            opened => return room(&opened?),
        }
    }
    Ok(None)
}

fn room(of: &File) -> io::Result<Option<u64>> {
    #[cfg(unix)]
    {
        let disk = rustix::fs::fstatvfs(of)?;
        Ok(Some(disk.f_bavail.saturating_mul(disk.f_frsize)))
    }
    #[cfg(not(unix))]
    {
        let _ = of;
        Ok(None)
    }
}
