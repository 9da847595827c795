//! System files that hold a limit or its usage.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::pressure::{PressureError, PressureKind};

/// A limit file that can't be read or has unexpected content.
///
/// An unreadable limit never counts as a missing one, because the remaining amount is unknown.
#[derive(Debug)]
pub(in crate::pressure) struct UnreadableLimit {
    path: PathBuf,
    source: io::Error,
}

impl UnreadableLimit {
    pub(super) fn new(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        Self { path, source }
    }

    /// Converts this into the refusal of a pressure.
    pub(in crate::pressure) fn into_error(self, kind: PressureKind) -> PressureError {
        PressureError::system(kind, format!("read {}", self.path.display()))(self.source)
    }

    /// Whether there is no such limit: no such file, or none for this group.
    ///
    /// A file without read permission may hold a limit, so it does not count as missing.
    fn is_missing(&self) -> bool {
        let no_device = rustix::io::Errno::NODEV.raw_os_error();
        self.source.kind() == io::ErrorKind::NotFound
            || self.source.raw_os_error() == Some(no_device)
    }
}

/// Turns the error of a missing file into `None`.
fn if_present<T>(result: Result<T, UnreadableLimit>) -> Result<Option<T>, UnreadableLimit> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads a whole file; a missing file is empty.
pub(super) fn read_if_present(path: &Path) -> Result<Vec<u8>, UnreadableLimit> {
    let read = fs::read(path).map_err(|error| UnreadableLimit::new(path, error));
    if_present(read).map(Option::unwrap_or_default)
}

/// A file that stays open and is read from its beginning each time, without a further descriptor.
#[derive(Debug)]
pub(super) struct LimitFile {
    file: File,
    path: PathBuf,
}

impl LimitFile {
    pub(super) fn open(path: &Path) -> Result<Self, UnreadableLimit> {
        let file = File::open(path).map_err(|error| UnreadableLimit::new(path, error))?;
        let path = path.to_owned();
        Ok(Self { file, path })
    }

    pub(super) fn open_if_present(path: &Path) -> Result<Option<Self>, UnreadableLimit> {
        if_present(Self::open(path))
    }

    /// Reads the current content.
    pub(super) fn read(&self) -> Result<String, UnreadableLimit> {
        let mut bytes = Vec::with_capacity(4096);
        let mut buffer = [0; 4096];
        loop {
            let read = self.file.read_at(&mut buffer, bytes.len() as u64);
            match read.map_err(|error| UnreadableLimit::new(&self.path, error))? {
                0 => return Ok(String::from_utf8_lossy(&bytes).into_owned()),
                read => bytes.extend_from_slice(&buffer[..read]),
            }
        }
    }

    /// Reads the current number.
    pub(super) fn number(&self) -> Result<u64, UnreadableLimit> {
        let text = self.read()?;
        let number = text.trim().parse().ok();
        number.ok_or_else(|| self.unexpected("a number", &text))
    }

    /// Reads the current limit, or `None` if there is none.
    pub(super) fn limit(&self) -> Result<Option<u64>, UnreadableLimit> {
        let Some(text) = if_present(self.read())? else {
            return Ok(None);
        };
        limit(&text).ok_or_else(|| self.unexpected("a number or `max`", &text))
    }

    /// Returns an error about unexpected content.
    pub(super) fn unexpected(&self, expected: &str, found: &str) -> UnreadableLimit {
        let start: String = found.trim().chars().take(40).collect();
        let message = format!("expected {expected}, found `{start}`");
        let source = io::Error::new(io::ErrorKind::InvalidData, message);
        UnreadableLimit::new(&self.path, source)
    }
}

/// Returns the number after a key in a text of `key number` lines, ignoring units and colons.
pub(super) fn entry(text: &str, key: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let mut words = line.split_ascii_whitespace();
        (words.next()?.trim_end_matches(':') == key).then(|| words.next()?.parse().ok())?
    })
}

/// Parses a limit; the inner `None` means unlimited.
///
/// Version one of control groups writes a huge number instead of `max`.
fn limit(text: &str) -> Option<Option<u64>> {
    const UNLIMITED: u64 = 1 << 60;
    match text.trim() {
        "max" => Some(None),
        number => {
            let number: u64 = number.parse().ok()?;
            Some((number < UNLIMITED).then_some(number))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pressure::engine::limits::fake_files::FakeFiles;

    #[test]
    fn entries_are_found_by_their_whole_key() {
        let text = "MemTotal:       24000 kB\nMemFree: 5 kB\ninactive_file 77\n";
        assert_eq!(entry(text, "MemTotal"), Some(24_000));
        assert_eq!(entry(text, "inactive_file"), Some(77));
        assert_eq!(entry(text, "Mem"), None);
        assert_eq!(entry("x", "x"), None);
    }

    #[test]
    fn unlimited_is_written_in_two_ways() {
        assert_eq!(limit("max\n"), Some(None));
        assert_eq!(limit("9223372036854771712\n"), Some(None));
        assert_eq!(limit("1048576\n"), Some(Some(1_048_576)));
        assert_eq!(limit(""), None, "an empty file is invalid");
    }

    #[test]
    fn a_long_file_is_read_to_its_end() {
        let text = format!("{}end 7", "line 1\n".repeat(2_000));
        let files = FakeFiles::new("long-file", &[("long", &text)]);
        let file = LimitFile::open(&files.root().join("long")).unwrap();
        assert_eq!(file.read().unwrap(), text);
        assert_eq!(entry(&file.read().unwrap(), "end"), Some(7));
    }

    #[test]
    fn only_a_missing_file_means_no_limit() {
        let files = FakeFiles::new("no-limit", &[("present", "max\n"), ("odd", "maximum\n")]);
        let at = |path: &str| files.root().join(path);
        let open = |path: &str| LimitFile::open_if_present(&at(path));
        assert!(open("missing").unwrap().is_none());
        assert_eq!(open("present").unwrap().unwrap().limit().unwrap(), None);
        assert_eq!(read_if_present(&at("missing")).unwrap(), b"");
        let message = |error: UnreadableLimit| error.into_error(PressureKind::Memory).to_string();
        let odd = open("odd").unwrap().unwrap().limit().unwrap_err();
        assert_eq!(
            message(odd),
            format!(
                "memory pressure: can't read {}: expected a number or `max`, found `maximum`",
                at("odd").display()
            )
        );
        // A directory can be opened but not read.
        let directory = LimitFile::open(files.root()).unwrap();
        assert!(message(directory.limit().unwrap_err()).contains("directory"));
        assert!(read_if_present(files.root()).is_err());
    }
}
